#!/usr/bin/env node
/**
 * The entry of an operator's `provenonce`: JavaScript, so that compiled code and stripped types are kept from the first TypeScript
 * file on. Started as main.ts, Node loads what strips types for that one file alone: 15 MB and 70 ms of every start.
 */
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// As compile-cache.ts has it.
const DIRECTORY = fileURLToPath(new URL('../../node_modules/.cache/provenonce/compiled', import.meta.url));
enableCompileCache(process.env.NODE_COMPILE_CACHE ?? DIRECTORY);
await import('./main.ts');
