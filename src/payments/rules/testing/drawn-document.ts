/** Drawn rules files, as documents whose form is right. Members that contradict each other may stand side by side. */
import fc from 'fast-check';
import { EVENT_FORMATS, FURTHER_TYPES, OPTIONAL_ROLES, TIME_TYPES } from '../rules.ts';
import type { RulesDocument, TextRoleDocument } from '../rules-document.ts';

const path = fc.oneof(
  fc
    .array(fc.constantFrom('a', 'b', '0', 'data', 'x~1y'), { minLength: 1, maxLength: 4 })
    .map((tokens) => `/${tokens.join('/')}`),
  fc.constantFrom('header:kind', 'header:tenant id'),
);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const textByPath: fc.Arbitrary<TextRoleDocument> = fc.record({
  path,
  type: maybe(fc.constantFrom('string' as const, 'integer' as const)),
  trim: maybe(fc.boolean()),
  uppercase: maybe(fc.boolean()),
});
const text: fc.Arbitrary<TextRoleDocument> = fc.oneof(
  textByPath,
  fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }).map((constant) => ({ const: constant })),
);
const points = fc.integer({ min: 0, max: 1_000 });
const pair = fc.record({ over: maybe(points), points: maybe(points) });
const amountPair = fc.record({ over: maybe(fc.constantFrom('1', '99.5', '5000')), points: maybe(points) });

export function drawnDocument(): fc.Arbitrary<RulesDocument> {
  const optionalTexts = fc.record(Object.fromEntries(OPTIONAL_ROLES.map((role) => [role, maybe(text)])));
  const event = fc.record({
    format: maybe(fc.constantFrom(...EVENT_FORMATS)),
    select: maybe(
      fc.array(fc.record({ path, in: fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 3 }) }), { maxLength: 2 }),
    ),
    key: maybe(
      fc.oneof(fc.constantFrom('sender' as const, 'transaction' as const, 'any' as const), fc.record({ path })),
    ),
    reject_schema_ids: maybe(fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 3 })),
    keep_rejected_payload: maybe(fc.boolean()),
    transaction_id: textByPath,
    sender_account_id: text,
    amount: fc.oneof(
      fc.record({ path }),
      fc.record({ path, minor_units: fc.constantFrom('currency' as const, 0, 2, 9) }),
      fc.record({ path, decimal_bytes: fc.constantFrom('schema' as const, 'variable' as const, 0, 38) }),
    ),
    currency: text,
    timestamp: fc.record({
      path: fc.oneof(path, fc.constant('record.timestamp')),
      type: maybe(fc.constantFrom(...TIME_TYPES)),
      finer_than_ms: maybe(fc.constantFrom('reject' as const, 'round_down' as const)),
    }),
  });
  return fc.record({
    revision: fc.integer({ min: 1, max: 1_000_000_000 }),
    event: fc.tuple(event, optionalTexts).map(([required, optional]) => ({ ...optional, ...required })),
    columns: maybe(
      fc
        .uniqueArray(
          fc.record({
            name: fc.stringMatching(/^[a-z][a-z0-9_]{0,5}$/),
            path,
            type: fc.constantFrom(...FURTHER_TYPES),
            time_type: maybe(fc.constantFrom(...TIME_TYPES)),
          }),
          { maxLength: 4, selector: ({ name }) => name },
        )
        .map((columns) =>
          columns.map(({ time_type, ...column }) => (column.type === 'timestamp' ? { ...column, time_type } : column)),
        ),
    ),
    fraud: maybe(
      fc.record({
        activity: maybe(fc.constantFrom('on' as const, 'off' as const)),
        amount_high: maybe(amountPair),
        amount_medium: maybe(amountPair),
        amount_low_points: maybe(points),
        count_high: maybe(pair),
        count_medium: maybe(pair),
        devices: maybe(pair),
        region_points: maybe(fc.dictionary(fc.string({ maxLength: 5 }), points, { maxKeys: 4, noNullPrototype: true })),
        other_region_points: maybe(points),
        max_score: maybe(points),
        high_risk: maybe(points),
      }),
    ),
  });
}
