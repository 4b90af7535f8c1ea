#!/usr/bin/env node
/**
 * The entry of an operator's `provenonce`: JavaScript, so that compiled code and stripped types are kept from the first TypeScript
 * file on. Started as main.ts, Node loads what strips types for that one file alone: 15 MB and 70 ms of every start.
 */
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// A processor has a small young generation (src/base/launch.ts). `verify` takes a fifth less time with one of twice that size, and
// 25 MB more: V8 takes it at the start only, so the process starts over, under its own id. Not on Windows, which cannot.
const SMALL = '--max-semi-space-size=8';
const flags = process.execArgv.map((flag) => (flag === SMALL ? '--max-semi-space-size=16' : flag));
if (process.argv[2] === 'verify' && process.execArgv.includes(SMALL) && process.platform !== 'win32')
  process.execve?.(process.execPath, [process.execPath, ...flags, ...process.argv.slice(1)], process.env);

// As compile-cache.ts has it.
const DIRECTORY = fileURLToPath(new URL('../../node_modules/.cache/provenonce/compiled', import.meta.url));
enableCompileCache(process.env.NODE_COMPILE_CACHE ?? DIRECTORY);
await import('./main.ts');
