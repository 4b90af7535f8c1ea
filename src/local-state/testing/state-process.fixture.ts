/** A process for state-processes.test.ts: `state-process.fixture.ts save|lock|lock-once|fill LOCATION`. */
import { lockCheckpointLocation } from '../checkpoint-lock.ts';
import { JournalStateStore } from '../journal-state-store.ts';
import { DAY_ONE_MS, delta, emptyState } from './state-samples.ts';

const [command, location] = process.argv.slice(2) as [string, string];
const problems: string[] = [];

const store = new JournalStateStore({
  location,
  topic: 'payment-events',
  onDiscard: (_partition, why) => problems.push(why),
  onProblem: (_partition, problem) => problems.push(problem),
});

if (command === 'lock' || command === 'lock-once') {
  lockCheckpointLocation(location, DAY_ONE_MS);
  process.stdout.write('locked\n');
  if (command === 'lock') setInterval(() => {}, 60_000);
} else if (command === 'save') {
  let offset = (await store.load(0))?.head.nextOffset;
  if (offset === undefined) {
    await store.replace(0, emptyState());
    offset = 0;
  }
  for (let saves = 1; ; saves += 1) {
    await store.save(0, delta(offset, offset + 100));
    offset += 100;
    // Not before the first save: a slow machine may not get there before the kill.
    if (saves === 1) process.stdout.write('saving\n');
    await new Promise((resolve) => setImmediate(resolve));
  }
} else if (command === 'fill') {
  await store.replace(0, emptyState());
  let offset = 0;
  let savedTo = 0;
  while (problems.length === 0 && offset < 1_000_000) {
    await store.save(0, delta(offset, offset + 1000));
    if (problems.length === 0) savedTo = offset + 1000;
    offset += 1000;
  }
  await store.save(0, delta(offset, offset + 1000));
  await store.close();
  process.stdout.write(JSON.stringify({ problems, savedTo }));
}
