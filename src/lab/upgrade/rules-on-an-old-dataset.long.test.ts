/**
 * A dataset that release 0.2.0 wrote gets a rules file: `schema apply` makes what the rules need of the tables, processors with
 * them continue the partitions, and `verify` judges both parts.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { oldRelease } from './testing/old-release.ts';
import { expectVerified, UpgradeWorld } from './testing/upgrade-world.ts';

/** Release 0.2.0: without rules. */
const COMMIT_OF_0_2_0 = 'b372273';

/** The built-in event, without its region, and with the record's own time as a further column. */
const RULES = `revision: 1
event:
  transaction_id: { path: /transaction_id }
  sender_account_id: { path: /sender_account_id }
  receiver_account_id: { path: /receiver_account_id }
  amount: { path: /amount }
  currency: { path: /currency }
  device_id: { path: /device_id }
  ip_address: { path: /ip_address }
  timestamp: { path: /timestamp }
  payment_method: { path: /payment_method }
columns:
  - { name: area, path: /region, type: string }
  - { name: sent_at, path: record.timestamp, type: timestamp }
`;

let old: string;
let folder: string;

beforeAll(async () => {
  old = await oldRelease(COMMIT_OF_0_2_0);
  folder = await mkdtemp(path.join(tmpdir(), 'provenonce-rules-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('rules on a dataset of 0.2.0: refused until `schema apply`, then continued, and verified', async () => {
  await using world = await UpgradeWorld.create({ name: 'rules', partitions: 2 });
  await world.mendTopicTimestamps();
  await world.send({ count: 400, spanMs: 3 * 3_600_000 });
  await world.runWell(old, 'process', '--until-caught-up');

  const file = path.join(folder, 'rules.yaml');
  await writeFile(file, RULES);
  const settings = { RULES_FILE: file };
  await world.send({ count: 400, spanMs: 3_600_000, seed: 2 });
  // What this release needs without rules, too: tables that 0.2.0 did not have.
  await world.runWell(undefined, 'schema', 'apply');
  const refused = await world.runWith(settings, 'process', '--until-caught-up');
  expect(refused.code).toBe(65);
  expect(refused.output + refused.complaints).toMatch(
    /column area of the rules is missing\. Run `provenonce schema apply`/,
  );

  const planned = await world.runWith(settings, 'schema', 'apply', '--dry-run');
  expect(planned.output).toMatch(/would change payment_transactions: column area STRING is added: ALTER TABLE/);
  expect(planned.output).toMatch(/would change payment_transactions_fraud: column region may be NULL: ALTER TABLE/);
  expect((await world.runWith(settings, 'schema', 'apply')).code).toBe(0);
  expect(await world.runWith(settings, 'process', '--until-caught-up')).toMatchObject({ code: 0 });

  const rows = await world.query(
    'SELECT COUNTIF(region IS NOT NULL AND area IS NULL), COUNTIF(region IS NULL AND area IS NOT NULL AND sent_at IS NOT NULL), COUNT(*) ' +
      'FROM `{dataset}.payment_transactions`',
  );
  const [before, after, all] = Object.values(rows[0]!).map(Number);
  expect(before).toBeGreaterThan(100);
  expect(after).toBeGreaterThan(100);
  expect(before! + after!).toBe(all);
  await expectVerified(world);
});
