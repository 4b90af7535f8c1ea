import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
const CONTRADICTION = 65;
const TABLE = 'payment_exceptions';

/**
 * Somebody drops a table under a running processor. It stops at once with an error that names the table, not a record; no command
 * makes the table again beside the rows of the others. Restored, it is another table until an operator says that it is ours,
 * which counts only with its rows.
 */
export const scenario = defineScenario({
  name: 'table-dropped',
  title: 'a table that is dropped under a running processor has a name, is not made again, and is restored',
  whatCouldGoWrong:
    'The table is made again, empty, everything continues and every check of what is left passes; or a record is blamed.',
  only: { sink: 'bigquery', because: 'DDL' },
  guarantees: ['G1', 'G6'],
  tags: ['bigquery', 'operations'],
  partitions: 1,
  settings: { CHECKPOINT_INTERVAL: '300ms' },
  async run(world) {
    const copies = { duplicateShare: 0.3, spanMs: HOUR_MS };
    const first = world.start('alpha');
    const before = await world.send({ seed: 1701, count: 400, baseTimeMs: world.nowMs() - 2 * HOUR_MS, ...copies });
    await world.drain();

    const printed = await world.operate('schema', 'print');
    const makeTable = printed.output
      .split(';\n')
      .find((sql) => sql.includes(`.${TABLE}\``) && sql.includes('CREATE TABLE'))!;
    const name = /`([^`]+)`/.exec(makeTable)![1]!;
    await world.change(`CREATE TABLE \`${name}_before\` AS SELECT * FROM \`${name}\``);
    await world.change(`DROP TABLE \`${name}\``);
    const after = await world.send({ seed: 1702, count: 400, ...copies });
    const exit = await first.waitForExit(90_000);
    const codes = first.eventsOf('partition.stopped').map(({ code }) => code);
    world.bit('it stopped, and said why', exit.code === CONTRADICTION);
    world.bit(
      'no record was blamed',
      codes.every((code) => code === 'table_missing'),
    );

    const refused = async (code: string, ...args: string[]): Promise<boolean> => {
      const done = await world.operate(...args);
      return done.code === CONTRADICTION && done.complaints.includes(`${code}: ${TABLE}: `);
    };
    const idle = world.start('alpha', { flags: ['--until-caught-up'] });
    const commands = [['schema', 'apply'], ['reconcile'], ['verify']];
    const named = await Promise.all(commands.map((command) => refused('table_missing', ...command)));
    world.bit('schema apply, reconcile and verify name the table', named.every(Boolean));
    world.bit('a processor does not start', (await idle.waitForExit(60_000)).code === CONTRADICTION);

    await world.change(makeTable);
    const empty = await refused('table_replaced', 'schema', 'apply');
    world.bit('a table of that name is not the table', empty);
    world.bit('nor without its rows', await refused('rows_lost', 'schema', 'apply', '--accept-restored', TABLE));
    await world.change(`INSERT INTO \`${name}\` SELECT * FROM \`${name}_before\``);
    const accepted = await world.operate('schema', 'apply', '--accept-restored', TABLE);
    world.bit('it is with them', accepted.code === 0);

    world.start('alpha');
    await world.drain();
    const verified = await world.operate('verify');
    world.bit('verify passes', verified.code === 0);
    world.expectSums(before.expectedSums);
    world.expectSums(after.expectedSums);
  },
});
