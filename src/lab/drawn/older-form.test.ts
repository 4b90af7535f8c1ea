/** Plans that were saved in the older form (testing/older-form) load, and mean what they meant. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { laneOf, parseDrawnPlan } from './drawn-plan.ts';

const FOLDER = path.join(import.meta.dirname, 'testing', 'older-form');

function read(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path.join(FOLDER, name), 'utf8'));
}

it('kills, crash points, faults of a takeover and of a network', () => {
  const { faults } = parseDrawnPlan({ plan: read('plan-0.json') }, 'plan-0');
  const match = { method: 'POST', path: '/jobs', body: 'claim_id = c.claim_id' };
  expect(faults).toEqual([
    {
      what: 'crash',
      process: 'alpha',
      restartAfterMs: 1_000,
      when: { afterRecords: 121, point: 'offset.commit.after', hit: 2 },
    },
    { what: 'crash', process: 'alpha', restartAfterMs: 1_000, when: { afterRecords: 200 } },
    { what: 'rest_answer', match, nth: 1, answer: { kind: 'hold-answer', delayMs: 1_000 } },
    { what: 'network_delay', on: 'storage', delayMs: 50, forMs: 1_000, when: { afterRecords: 185 } },
  ]);
  expect(faults.map(laneOf)).toEqual(['processors', 'processors', 'takeover', 'storage']);
});

it('second owners, stops with damage, and a group that is reset', () => {
  const { faults, ...plan } = parseDrawnPlan(read('plan-1.json'), 'plan-1');
  expect(faults).toEqual([
    { what: 'second_owner', forMs: 6_000, when: { afterRecords: 180 } },
    { what: 'stop', process: 'beta', disk: 'lost', restartAfterMs: 300, when: { afterRecords: 84 } },
    { what: 'reset_offsets', to: 'earliest', when: { afterRecords: 143 } },
    { what: 'network_cut', on: 'storage', when: { afterRecords: 96 } },
  ]);
  const { strikes: _, ...saved } = read('plan-1.json');
  expect(plan).toEqual(saved);
});

it('a process out of files, silent networks, and answers of Kafka', () => {
  const { faults } = parseDrawnPlan(read('plan-2.json'), 'plan-2');
  expect(faults).toEqual([
    { what: 'network_half_open', on: 'kafka', forMs: 1_000, when: { afterRecords: 190 } },
    { what: 'out_of_files', process: 'alpha', cut: ['storage'], forMs: 3_000, when: { afterRecords: 158 } },
    { what: 'network_black_hole', on: 'kafka', forMs: 3_500, when: { afterRecords: 158 } },
    { what: 'kafka_answer', request: 'heartbeat', nth: 3, when: { afterRecords: 198 } },
  ]);
});

it('a strike that no plan has is refused', () => {
  const plan = { ...read('plan-1.json'), strikes: [{ what: 'flood', afterRecords: 1 }] };
  expect(() => parseDrawnPlan(plan, 'x.json')).toThrow(/x\.json: faults\.0/);
});
