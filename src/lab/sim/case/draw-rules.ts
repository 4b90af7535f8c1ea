/**
 * Rules files of a case: one that seeds the topic, and sometimes later ones that some lives bring. Drawn apart from everything
 * else, so that a case without rules is the one that it was. What is fixed at seeding is the same in all of them.
 */

import type { LoadedRules } from '../../../payments/rules/rules.ts';
import {
  type EventRules,
  type FurtherColumn,
  type KeyRule,
  OPTIONAL_ROLES,
  type Rules,
  TIME_TYPES,
} from '../../../payments/rules/rules.ts';
import { canonicalRules, loadedRules, rulesFromCanonical } from '../../../payments/rules/rules-document.ts';
import { DEFAULT_DECISION_SETTINGS } from '../../../payments/settings.ts';
import { Rng } from '../world/rng.ts';
import type { CasePlan, CaseRules } from './case-plan.ts';
import { drawFormat } from './draw-formats.ts';
import { mappedRecord } from './mapped-events.ts';

const CHANGE_CHANCE = 0.6;
const LIFE_CHANCE = 0.5;
const LIVES = 4;
const COLUMNS: readonly FurtherColumn[] = [
  { name: 'order_id', path: '/order/id', type: 'string' },
  { name: 'quantity', path: '/order/quantity', type: 'int64' },
  { name: 'fee', path: '/order/fee', type: 'numeric' },
  { name: 'received_at', path: 'record.timestamp', type: 'timestamp' },
  { name: 'is_gift', path: '/order/gift', type: 'bool' },
  { name: 'order_json', path: '/order', type: 'json' },
];

/** The same case with rules: its payments in the form that they say. */
export function withRules(plan: CasePlan, rng: Rng): CasePlan {
  const first = drawFirst(rng);
  const all = [first];
  while (all.length < 3 && rng.chance(CHANGE_CHANCE)) all.push(changed(all.at(-1)!, rng));
  const byLife: Record<string, number> = {};
  for (const process of plan.processes)
    for (let life = 1; life <= LIVES; life += 1)
      if (rng.chance(LIFE_CHANCE)) byLife[`${process}.${life}`] = rng.between(0, all.length - 1);
  // Apart from the rules: a case in JSON is the one that it was.
  // Owners of different groups would take the partition from each other before one of them stops, and a rescale would never be done.
  const mayStop = plan.separateGroups !== true && plan.faults.every(({ what }) => what !== 'rescale');
  const format = drawFormat(all, mayStop, new Rng(plan.seed, 'formats'));
  const { decisions: _, ...others } = plan;
  return {
    ...others,
    rules: { files: format.files.map(canonicalRules), byLife },
    workload: plan.workload.map((record, index) =>
      mappedRecord(record, first.event, rng, (value) => format.encode(value, index / plan.workload.length)),
    ),
    ...format.parts,
  };
}

/** By the name of a life. */
export function rulesByLife({ files, byLife }: CaseRules): (owner: string) => LoadedRules {
  const loaded = files.map((text) => loadedRules(rulesFromCanonical(text)));
  return (owner) => loaded[byLife[owner] ?? 0]!;
}

function drawFirst(rng: Rng): Rules {
  const at = rng.pick(['', '/data', '/payload/after']);
  const key = rng.pick<KeyRule>(['sender', 'sender', 'sender', 'transaction', 'any', { path: `${at}/tenant` }]);
  const optional = OPTIONAL_ROLES.filter(() => rng.chance(0.7)).map((role) => [role, { path: `${at}/${role}` }]);
  const uppercase = rng.chance(0.3) ? { uppercase: true as const } : {};
  const event: EventRules = {
    format: 'json',
    select: rng.chance(0.5) ? [{ path: '/type', in: ['payment', 'charge'] }] : [],
    key,
    rejectSchemaIds: [],
    keepRejectedPayload: false,
    texts: {
      ...Object.fromEntries(optional),
      transaction_id: { path: `${at}/id`, ...(rng.chance(0.3) ? { trim: true } : {}) },
      sender_account_id: { path: `${at}/customer` },
      currency: { path: `${at}/currency`, ...uppercase },
    },
    amount: {
      path: `${at}/amount`,
      ...rng.pick([{}, {}, { minorUnits: 2 }, { minorUnits: 'currency' as const }, { decimalBytes: 2 }]),
    },
    timestamp: {
      path: `${at}/created`,
      type: rng.pick(TIME_TYPES),
      ...(rng.chance(0.5) ? { finerThanMs: 'round_down' as const } : {}),
    },
  };
  const { fraud } = DEFAULT_DECISION_SETTINGS;
  return {
    revision: 1,
    event,
    columns: COLUMNS.filter(() => rng.chance(0.3)),
    fraud: key === 'sender' ? fraud : { ...fraud, activity: 'off' },
  };
}

/** A later revision. */
function changed(rules: Rules, rng: Rng): Rules {
  const revision = rules.revision + rng.between(1, 3);
  const { event, columns, fraud } = rules;
  const added = COLUMNS.filter(({ name }) => columns.every((column) => column.name !== name));
  const kinds: (() => Partial<Rules>)[] = [
    () => ({ columns: added.length === 0 ? [] : [...columns, rng.pick(added)] }),
    () => ({ columns: columns.slice(1) }),
    () => ({ fraud: { ...fraud, maxScore: rng.between(20, 90) } }),
    () => ({ event: { ...event, select: event.select.length > 0 ? [] : [{ path: '/type', in: ['payment'] }] } }),
    () => ({ event: { ...event, texts: { ...event.texts, region: { constant: 'everywhere' } } } }),
    () => ({ event: { ...event, timestamp: toggled(event.timestamp) } }),
  ];
  return { ...rules, ...rng.pick(kinds)(), revision };
}

function toggled({ finerThanMs, ...timestamp }: EventRules['timestamp']): EventRules['timestamp'] {
  return finerThanMs === undefined ? { ...timestamp, finerThanMs: 'round_down' } : timestamp;
}
