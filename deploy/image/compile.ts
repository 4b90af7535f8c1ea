/**
 * Runs once while the images are built: keeps the compiled code of all that they load, where provenonce.mjs looks for
 * it. A pod cannot keep it, because its root file system is read-only, and each of its starts would compile everything
 * again. Node uses only what the same Node, flags and user compiled.
 */
import { chmodSync, readdirSync } from 'node:fs';
import { flushCompileCache, getCompileCacheDir } from 'node:module';
import path from 'node:path';
import { ENTRY } from '../../src/base/launch.ts';

process.on('exit', () => {
  flushCompileCache();
  const directory = getCompileCacheDir();
  const files = directory === undefined ? [] : readdirSync(directory);
  // Node writes them for their owner alone; in the images they are root's.
  for (const file of files) chmodSync(path.join(directory!, file), 0o444);
  process.stdout.write(`${files.length} files of compiled code\n`);
  if (files.length === 0) process.exitCode = 1;
});

// The same first file as every start; the help loads every command.
process.argv = [process.execPath, 'provenonce', '--help'];
await import(`../../${ENTRY}`);
await import('../../src/cli/run-process.ts');
// Loaded by the setting SINK.
await import('../../src/sinks/bigquery/open-sink.ts');
await import('../../src/sinks/delta/open-delta-sink.ts');
await import('../../src/simulator/run-simulator.ts');
// Loaded when credentials are needed.
await import('google-auth-library');
