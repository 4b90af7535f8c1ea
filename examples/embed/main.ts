/**
 * A processor inside a program of your own: settings from the environment, a line for each checkpoint, SIGTERM ends it in
 * good order. Build and run: see README.md.
 */
import { runProcessor } from 'provenonce/processor';

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());

const { exitCode, why } = await runProcessor({
  settings: process.env,
  signal: stop.signal,
  observer: {
    emit(event) {
      if (event.type === 'checkpoint.written') console.log(`partition ${event.partition}: below ${event.nextOffset}`);
      if (event.type === 'partition.stopped') console.error(`partition ${event.partition}: ${event.error}`);
    },
  },
});
console.log(`ended: ${why}`);
process.exit(exitCode);
