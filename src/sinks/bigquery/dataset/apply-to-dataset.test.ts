/** What is made, and what is not, over a scripted service; on a real emulator: src/lab/contract/lost-tables.long.test.ts. */
import { describe, expect, it } from 'vitest';
import { layoutOf } from '../../../payments/row-layout.ts';
import { BUILT_IN_EVENT } from '../../../payments/rules/built-in-event.ts';
import { canonicalRules } from '../../../payments/rules/rules-document.ts';
import { DEFAULT_DECISION_SETTINGS } from '../../../payments/settings.ts';
import { settings } from '../testing/sample-rows.ts';
import { applyToDataset, ensureDataset } from './apply-to-dataset.ts';
import { LAST_VIEW, TABLES, VIEWS } from './names.ts';
import { ScriptedDataset } from './testing/scripted-dataset.ts';

/** Rows of a partition, as the counting statement gives them. */
const SOME_ROWS = [['payment_exceptions', '0', '0', '9', '0']];

describe('a dataset', () => {
  it('that is not there is made, with its tables, and they are marked', async () => {
    const service = new ScriptedDataset();
    service.dataset = undefined;
    const applied = await applyToDataset(service.parts());
    expect(applied).toMatchObject({ madeDataset: true, madeTables: [...TABLES] });
    expect(service.statements[0]).toMatch(/^CREATE SCHEMA/);
    for (const name of TABLES) {
      const { labels, creationTime } = service.tables.get(name)!;
      expect(labels).toEqual({ provenonce_made_at_ms: creationTime });
    }
  });

  it('that is there is not made: a user who may not make datasets can use it', async () => {
    const service = new ScriptedDataset();
    await applyToDataset(service.parts());
    expect(service.statements.filter((sql) => sql.startsWith('CREATE SCHEMA'))).toEqual([]);
  });

  it('that is whole is looked at, and nothing is asked or made at the start of a process', async () => {
    const service = await ScriptedDataset.whole();
    const parts = service.parts();
    await ensureDataset(parts, await parts.inspector.look());
    expect(service.statements).toEqual([]);
  });

  it('with columns that the rules given do not have names the revision that has each, or somebody else', async () => {
    const service = await ScriptedDataset.whole();
    const table = service.tables.get('payment_transactions')!;
    const more = ['fee', 'note'].map((name) => ({ name, type: 'STRING' }));
    service.tables.set('payment_transactions', { ...table, schema: { fields: [...table.schema!.fields!, ...more] } });
    const { fraud } = DEFAULT_DECISION_SETTINGS;
    const columns = [{ name: 'fee', path: '/fee', type: 'string' }] as const;
    service.rulesTexts = [3, 4].map((revision) => canonicalRules({ revision, event: BUILT_IN_EVENT, columns, fraud }));
    const told = [
      expect.stringMatching(/has the column fee of the rules of revision 4 of this dataset.*give the RULES_FILE/),
      'payment_transactions has a column of somebody else: note',
    ];
    const parts = service.parts();
    expect((await ensureDataset(parts, await parts.inspector.look())).warnings).toEqual(told);
    expect((await applyToDataset(parts)).warnings).toEqual(told);
    service.rulesTexts = ['what nobody wrote'];
    expect((await applyToDataset(parts)).warnings[0]).toBe('payment_transactions has a column of somebody else: fee');
  });

  it('in another place than BIGQUERY_LOCATION says is refused, with where it is', async () => {
    const service = await ScriptedDataset.whole();
    await expect(ensureDataset(service.parts('us-east1'), undefined)).rejects.toMatchObject({
      problems: [expect.stringMatching(/set BIGQUERY_LOCATION=EU$/)],
    });
  });

  it('of the release before has no marks, and gets them', async () => {
    const service = await ScriptedDataset.whole();
    for (const [name, { labels: _, ...table }] of service.tables) service.tables.set(name, table);
    const applied = await applyToDataset(service.parts());
    expect(applied).toMatchObject({ madeTables: [], markedTables: [...TABLES] });
    for (const name of TABLES) expect(service.tables.get(name)?.labels, name).toHaveProperty('provenonce_made_at_ms');
  });

  it('with a dry run is left as it is', async () => {
    const service = new ScriptedDataset();
    const applied = await applyToDataset(service.parts(), { dryRun: true });
    expect(applied.madeTables).toEqual([...TABLES]);
    expect(service.statements.filter((sql) => sql.startsWith('CREATE'))).toEqual([]);
  });

  it('with a dry run lists which views would be made and which would be replaced, and no other', async () => {
    const service = await ScriptedDataset.whole();
    const parts = service.parts();
    const { views } = await parts.statements();
    const queryOf = (i: number): string => views[i]!.slice(views[i]!.indexOf(' AS\n') + 4);
    for (const [i, name] of VIEWS.entries()) service.tables.set(name, { type: 'VIEW', view: { query: queryOf(i) } });
    // The service may keep the text with other ends; that is no difference.
    service.tables.set(VIEWS[0], { type: 'VIEW', view: { query: `${queryOf(0).replaceAll('\n', '\r\n')}\n;` } });
    expect((await applyToDataset(parts, { dryRun: true })).views).toEqual({ missing: [], different: [], unknown: [] });
    service.tables.set(VIEWS[2], { type: 'VIEW', view: { query: queryOf(2).replace('SELECT', 'SELECT 1 AS one,') } });
    service.tables.set(VIEWS[3], { type: 'VIEW' });
    service.tables.delete(VIEWS[4]);
    expect((await applyToDataset(parts, { dryRun: true })).views).toEqual({
      missing: [VIEWS[4]],
      different: [VIEWS[2]],
      unknown: [VIEWS[3]],
    });
  });

  it('that is not there is named by commands as a missing dataset, and one without tables as a missing table', async () => {
    const service = new ScriptedDataset();
    const { inspector } = service.parts();
    await expect(inspector.requireTables()).rejects.toMatchObject({
      problems: [expect.stringMatching(/^p-1\.d has no table payment_transactions: .* make the tables with/)],
    });
    service.dataset = undefined;
    await expect(inspector.requireTables()).rejects.toMatchObject({
      problems: [expect.stringMatching(/^there is no dataset p-1\.d: .* make it with `provenonce schema apply`$/)],
    });
  });
});

it.each(['rules', 'event_schemas'])(
  '%s is made in a dataset of a release without it, beside rows too',
  async (name) => {
    const service = await ScriptedDataset.whole();
    service.tables.delete(name);
    service.rows = SOME_ROWS;
    service.history = [settings(0)];
    expect(await applyToDataset(service.parts(), { dryRun: true })).toMatchObject({ madeTables: [name] });
    expect(service.tables.has(name)).toBe(false);
    // What only reads needs no such table before a history names rules.
    await expect(service.parts().inspector.requireTables()).resolves.toMatchObject({ toMake: [name] });
    expect(await ensureDataset(service.parts(), undefined)).toMatchObject({ madeTables: [name] });
    expect(service.statements.filter((sql) => sql.startsWith('CREATE TABLE'))).toHaveLength(1);
  },
);

describe.each(TABLES)('%s', (name) => {
  it('is not made again where it was', async () => {
    const service = await ScriptedDataset.whole();
    service.tables.delete(name);
    service.history = [{ ...settings(0), rules: { revision: 1, sha256: '0'.repeat(64) } }];
    await expect(applyToDataset(service.parts())).rejects.toMatchObject({ code: 'table_missing' });
    expect(service.statements.filter((sql) => sql.startsWith('CREATE'))).toEqual([]);
    await expect(service.parts().inspector.wrongTables()).resolves.toMatchObject({ code: 'table_missing' });
  });

  it('is another table where it was made again beside rows', async () => {
    const service = await ScriptedDataset.whole();
    await service.make(name);
    service.rows = SOME_ROWS;
    await expect(ensureDataset(service.parts(), undefined)).rejects.toMatchObject({ code: 'table_replaced' });
    await expect(service.parts().inspector.requireTables()).rejects.toMatchObject({ code: 'table_replaced' });
  });

  it('that is another one is ours where no table has a row', async () => {
    const service = await ScriptedDataset.whole();
    await service.make(name);
    expect(await applyToDataset(service.parts())).toMatchObject({ markedTables: [name] });
  });

  it('that is altered is an error of its own at the start and while a processor runs', async () => {
    const service = await ScriptedDataset.whole();
    const table = service.tables.get(name)!;
    const fields = [...table.schema!.fields!, { name: 'note', type: 'STRING', mode: 'REQUIRED' }];
    service.tables.set(name, { ...table, schema: { fields } });
    await expect(ensureDataset(service.parts(), undefined)).rejects.toMatchObject({ code: 'table_changed' });
    await expect(service.parts().inspector.wrongTables()).resolves.toMatchObject({ code: 'table_changed' });
  });
});

describe('a dataset of the release before', () => {
  const columns = [{ name: 'order_id', path: '/order', type: 'int64' }] as const;
  const layout = layoutOf([{ columns }]);

  async function ofBefore(): Promise<ScriptedDataset> {
    const service = await ScriptedDataset.whole();
    for (const name of ['payment_transactions', 'payment_transactions_fraud']) {
      const table = service.tables.get(name)!;
      const fields = table.schema!.fields!.map((f) => (f.name === 'region' ? { ...f, mode: 'REQUIRED' } : f));
      service.tables.set(name, { ...table, schema: { fields } });
    }
    return service;
  }
  const alters = ({ statements }: ScriptedDataset) => statements.filter((sql) => sql.startsWith('ALTER'));

  it('is left as it is without rules', async () => {
    const service = await ofBefore();
    const parts = service.parts();
    await ensureDataset(parts, await parts.inspector.look());
    expect(service.statements).toEqual([]);
    expect((await applyToDataset(service.parts())).alteredColumns).toEqual([]);
    expect(alters(service)).toEqual([]);
  });

  it('stops a process with rules, which names `schema apply`; then it has what the rules need', async () => {
    const service = await ofBefore();
    const look = () => service.parts(undefined, layout).inspector.look();
    await expect(ensureDataset(service.parts(undefined, layout), await look())).rejects.toThrow(
      /payment_transactions: column order_id of the rules is missing\. Run `provenonce schema apply`/,
    );
    await expect(service.parts(undefined, layout).inspector.wrongTables()).resolves.toMatchObject({
      code: 'table_changed',
    });
    expect(alters(service)).toEqual([]);
    const dry = await applyToDataset(service.parts(undefined, layout), { dryRun: true });
    expect(dry.alteredColumns).toContainEqual(
      expect.stringMatching(/^payment_transactions: column region may be NULL: ALTER TABLE .* DROP NOT NULL$/),
    );
    expect(alters(service)).toEqual([]);
    const { alteredColumns } = await applyToDataset(service.parts(undefined, layout));
    expect(alteredColumns).toEqual([
      'payment_transactions: column region may be NULL',
      'payment_transactions: column order_id INT64 is added',
      'payment_transactions_fraud: column region may be NULL',
    ]);
    expect(alters(service)).toHaveLength(3);
    expect((await applyToDataset(service.parts(undefined, layout))).alteredColumns).toEqual([]);
    await ensureDataset(service.parts(undefined, layout), await look());
    // Rules without it write NULL.
    await ensureDataset(service.parts(), await service.parts().inspector.look());
  });
});

it('views without tables, or tables without marks beside them, were there before', async () => {
  const service = new ScriptedDataset();
  service.tables.set(LAST_VIEW, { type: 'VIEW' });
  await expect(applyToDataset(service.parts())).rejects.toMatchObject({ code: 'table_missing' });
});

it('an expiry that a new table has inherited is taken back before any row is written', async () => {
  const service = new ScriptedDataset();
  service.inherited = { expirationTime: '1800000000000' };
  await applyToDataset(service.parts());
  expect(
    service.statements.some((sql) => /^ALTER TABLE .* SET OPTIONS \(expiration_timestamp = NULL\)$/.test(sql)),
  ).toBe(true);
});

it('a new table that is not what it was made as is refused, and not marked as ours', async () => {
  const service = new ScriptedDataset();
  service.inherited = { schema: { fields: [] } };
  await expect(applyToDataset(service.parts())).rejects.toThrow(/payment_transactions/);
  for (const name of TABLES) expect(service.tables.get(name)?.labels, name).toBeUndefined();
});

it.each([
  ['is no loss where a second look does not show it', [SOME_ROWS, []], []],
  ['is one where it does', [SOME_ROWS, SOME_ROWS], ['partition_ownership']],
])('a partition that is claimed between two questions %s', async (_, answers, lost) => {
  const service = await ScriptedDataset.whole();
  let looks = 0;
  Object.defineProperty(service, 'rows', { get: () => answers[Math.min(looks++, 1)] });
  const { losses } = await service.parts().inspector.assess(true);
  expect(losses.map(({ table }) => table)).toEqual(lost);
});

describe('a loss', () => {
  const accepting = (name: string) => ({ restored: new Set<string>(), lost: new Set([name]) });

  it.each(['payment_transactions', 'checkpoint_log', 'partition_ownership'])(
    'of all of %s cannot be accepted beside rows',
    async (name) => {
      const service = await ScriptedDataset.whole();
      service.tables.delete(name);
      service.rows = SOME_ROWS;
      const order = { accepting: accepting(name), by: 'ann', reason: 'gone' };
      await expect(applyToDataset(service.parts(), order)).rejects.toMatchObject({
        problems: [expect.stringMatching(new RegExp(`^--accept-loss ${name}: other tables have rows`))],
      });
    },
  );

  it('is listed before it is given up: the rows of each partition, or all of a table', async () => {
    const service = await ScriptedDataset.whole();
    const parts = service.parts();
    const loss = (partition: number | undefined, promised: number, found: number) => {
      return { table: 'payment_exceptions', partition, promised, found, what: '' };
    };
    const losses = [loss(0, 40, 10), loss(3, 7, 0), loss(undefined, 9, 8)];
    const assessed = { ...(await parts.inspector.assess(false)), losses, toMake: ['backfill_turns'] };
    const inspector = { assess: async () => assessed } as unknown as typeof parts.inspector;
    const lost = new Set(['payment_exceptions', 'backfill_turns']);
    const order = { accepting: { restored: new Set<string>(), lost }, by: 'ann', reason: 'gone', dryRun: true };
    expect((await applyToDataset({ ...parts, inspector }, order)).givenUp).toEqual([
      '30 of 40 rows of payment_exceptions, partition 0',
      '7 of 7 rows of payment_exceptions, partition 3',
      '1 of 9 rows of payment_exceptions',
      'all of backfill_turns',
    ]);
  });

  it('needs a reason, and something that is lost', async () => {
    const service = await ScriptedDataset.whole();
    await expect(
      applyToDataset(service.parts(), { accepting: accepting('payment_exceptions'), by: 'ann' }),
    ).rejects.toMatchObject({
      problems: [expect.stringMatching(/nothing of it is lost/), expect.stringMatching(/^--reason/)],
    });
  });
});
