/**
 * G1 to G6 on Delta Lake, after every plan of a swarm: the sink as it is, on a simulated object store that loses answers, lands puts
 * late and is away, beside another engine that compacts tables and cleans up logs. More of it: delta.long.test.ts.
 */
import { expect, it } from 'vitest';
import { runDeltaSwarm } from './swarm.ts';

const SWARM_CASES = 50;

it('the guarantee holds on Delta Lake after every plan of a swarm', async () => {
  const counts = await runDeltaSwarm(SWARM_CASES);
  // Faults that strike when nothing is in flight prove nothing.
  expect(counts.overlapping).toBeGreaterThan(counts.fired * 0.8);
  expect(counts.marks.put_conflict).toBeGreaterThan(SWARM_CASES);
  expect(counts.marks.put_landed_unknown).toBeGreaterThan(SWARM_CASES / 2);
}, 90_000);
