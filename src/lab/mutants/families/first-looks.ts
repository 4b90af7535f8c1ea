/**
 * Cases whose first rules file is wrong: no record is a payment by it. The look at the topic refuses it, and a later life brings the
 * right file of the same revision, which could not follow the wrong one in a dataset.
 */
import { canonicalRules } from '../../../payments/rules/rules-document.ts';
import { DEFAULT_DECISION_SETTINGS } from '../../../payments/settings.ts';
import type { CasePlan } from '../../sim/case/case-plan.ts';
import { CALM } from '../../sim/case/noise.ts';
import { DEFAULT_DIALS, drawWorkload } from '../../sim/case/workload.ts';
import type { Rng } from '../../sim/world/rng.ts';

/** A look ends at a thousand rejected records (processor/first-look.ts). */
const RECORDS = 1_010;
const CRASH_AT_MS = 6_000;
const HEAL_AT_MS = 8_000;
const ROLES = ['transaction_id', 'sender_account_id', 'currency'] as const;

/** `wrong`: the role that is looked for where no record has it. */
function rulesText(wrong?: (typeof ROLES)[number]): string {
  const texts = Object.fromEntries(
    ROLES.map((role) => [role, { path: role === wrong ? `/nowhere/${role}` : `/${role}` }]),
  );
  return canonicalRules({
    revision: 1,
    event: {
      format: 'json',
      select: [],
      key: 'sender',
      rejectSchemaIds: [],
      keepRejectedPayload: false,
      texts,
      amount: { path: '/amount' },
      timestamp: { path: '/timestamp' },
    },
    columns: [],
    fraud: DEFAULT_DECISION_SETTINGS.fraud,
  });
}

export function firstLookCase(rng: Rng, seed: number): CasePlan {
  const dials = { ...DEFAULT_DIALS, seed, records: RECORDS, partitions: 1, spanMs: 1, transactionChance: 0 };
  return {
    seed,
    partitions: 1,
    processes: ['a'],
    workload: drawWorkload(dials),
    faults: [
      { what: 'crash', process: 'a', restartAfterMs: 500, when: { atMs: CRASH_AT_MS } },
      // A process that was refused has ended: the world heals all the same.
      { what: 'rebalance', when: { atMs: HEAL_AT_MS } },
    ],
    noise: { ...CALM, latencyMsMax: rng.pick([5, 50]) },
    dialect: rng.pick(['emulator', 'service']),
    healAtMs: HEAL_AT_MS,
    isEmulator: false,
    rules: { files: [rulesText(), rulesText(rng.pick(ROLES))], byLife: { 'a.1': 1 } },
    looksFirst: true,
  };
}
