/**
 * `ownership` after its rows were lost: "nobody ever had it" would be wrong, so it ends with 65 and names the next
 * step.
 */
import { afterEach, expect, test, vi } from 'vitest';
import { comparedRows } from '../sinks/bigquery/dataset/compared-rows.ts';
import { ScriptedDataset } from '../sinks/bigquery/dataset/testing/scripted-dataset.ts';
import { requireRows } from './commands/ownership.ts';
import { failWith } from './exit.ts';

const exitCode = process.exitCode;
afterEach(() => {
  process.exitCode = exitCode;
  vi.restoreAllMocks();
});

/** A dataset whose tables hold rows of partition 0, as the counting statement returns them, and no ownership row. */
async function withRows(rows: ScriptedDataset['rows']) {
  const service = await ScriptedDataset.whole();
  service.rows = rows;
  const { inspector } = service.parts();
  return { compareRows: () => comparedRows({ inspector }), asked: service.statements };
}

const SOME_ROWS = [['payment_exceptions', '0', '0', '9', '0']];

test.each([
  ['of a partition that has a checkpoint', [{ partition: 1 }], new Map([[0, {}]])],
  ['of all partitions', [], new Map()],
])('rows %s that were lost end it with 65, and the message has what restores them', async (_, rows, health) => {
  const sink = await withRows(SOME_ROWS);
  const error = await requireRows(sink, rows, health).catch((thrown: unknown) => thrown);
  const said: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  failWith(error);
  expect(process.exitCode).toBe(65);
  expect(said.join('')).toMatch(/^rows_lost: partition_ownership: partition 0 has no row/);
  expect(said.join('')).toContain('schema apply --accept-restored partition_ownership');
});

test('a dataset that nobody has written to yet has no rows, and lost none', async () => {
  await expect(requireRows(await withRows([]), [], new Map())).resolves.toBeUndefined();
});

test('nothing is counted where every partition with a checkpoint has its row', async () => {
  const sink = await withRows(SOME_ROWS);
  await requireRows(sink, [{ partition: 0 }], new Map([[0, {}]]));
  expect(sink.asked).toEqual([]);
});
