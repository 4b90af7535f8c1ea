/** A process for processor-child.test.ts: starts a processor that finds no broker, says its pid, and waits for a signal. */
import { join } from 'node:path';
import { ProcessorChild } from './processor-child.ts';

const [folder] = process.argv.slice(2) as [string];
process.on('SIGTERM', () => process.exit(143));
const nowhere = '127.0.0.1:1';
const child = ProcessorChild.start({
  name: 'orphan',
  env: {
    KAFKA_BOOTSTRAP_SERVERS: nowhere,
    BIGQUERY_PROJECT: 'provenonce-test',
    BIGQUERY_EMULATOR_HOST: nowhere,
    BIGQUERY_STORAGE_EMULATOR_HOST: nowhere,
    CHECKPOINT_LOCATION: join(folder, 'checkpoint'),
  },
  logPath: join(folder, 'orphan.log'),
});
await child.waitFor('service.waiting', 30_000);
process.stdout.write(`${child.pid}\n`);
setInterval(() => {}, 60_000);
