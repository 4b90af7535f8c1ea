/** verify over Delta tables in a folder: what a run without faults leaves passes, and what somebody changed in the files or the log does not. */
import { readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { event, faultless, inputsOf, type PartitionHistory, record } from '../../testing/history.ts';
import { verify } from '../../verify.ts';
import type { VerifyInputs } from '../verify-inputs.ts';
import { deltaTableInputs } from './delta-inputs.ts';
import { DeltaLocation, positions, TOPIC } from './testing/delta-location.ts';

/** Payments of two regions, some twice, one late, one rejected; checkpoints within. */
function histories(): PartitionHistory[] {
  const records = Array.from({ length: 40 }, (_, i) => {
    const id = i % 7 === 6 ? `id-${i - 2}` : `id-${i}`;
    if (i === 30) return record(i, 'not JSON');
    if (i === 33) return record(i, event('late', 0, { amount: '1' }));
    return record(i, event(id, i / 2, { amount: `${i}.000000001`, region: i % 2 === 0 ? 'eu-west' : 'ap-south' }));
  });
  return [faultless(records, { checkpointsAt: [10, 25, 40] })];
}

let location: DeltaLocation | undefined;
afterEach(() => {
  location?.remove();
  location = undefined;
});

async function written(change: (all: PartitionHistory[]) => void = () => {}, extraRows = 0) {
  const all = histories();
  location = await DeltaLocation.make();
  change(all);
  await location.write(all, 7, extraRows);
  const inputs: VerifyInputs = { ...inputsOf(...histories()), ...deltaTableInputs(TOPIC, location.folder) };
  const found = async (): Promise<string[]> => {
    const { guarantees } = await verify(inputs);
    return Object.entries(guarantees).flatMap(([name, { findings }]) => findings.map(({ kind }) => `${name} ${kind}`));
  };
  return { location, inputs, found };
}

/** The table's data files, by name. */
function filesOf(folder: string, table: string): string[] {
  return readdirSync(path.join(folder, table))
    .filter((name) => name.endsWith('.parquet'))
    .map((name) => path.join(folder, table, name));
}

describe('verify over Delta tables', () => {
  test('passes what a run without faults left', async () => {
    const { inputs } = await written();
    const report = await verify(inputs);
    expect(report.unknown).toEqual([]);
    expect(Object.values(report.guarantees).flatMap(({ findings }) => findings)).toEqual([]);
    expect(report).toMatchObject({
      verdict: 'PASS',
      partitions: [{ recordsChecked: 40, rowsChecked: expect.any(Number) }],
    });
  });

  test('reads a log from its newest checkpoint, without the commits before', async () => {
    location = await DeltaLocation.make(2);
    await location.write(histories(), 7);
    const log = path.join(location.folder, 'payment_transactions', '_delta_log');
    const isCheckpoint = (name: string): boolean => /checkpoint.*parquet$/.test(name);
    await expect.poll(() => readdirSync(log).filter(isCheckpoint).length).toBeGreaterThan(0);
    const newest = readdirSync(log).filter(isCheckpoint).sort().at(-1)!.slice(0, 20);
    for (const name of readdirSync(log))
      if (/json$/.test(name) && name.slice(0, 20) <= newest) rmSync(path.join(log, name));
    const inputs = { ...inputsOf(...histories()), ...deltaTableInputs(TOPIC, location.folder) };
    const report = await verify(inputs);
    expect(Object.values(report.guarantees).flatMap(({ findings }) => findings)).toEqual([]);
    expect(report.verdict).toBe('PASS');
  });

  test('names a row that is missing, one that is there twice, and a changed amount', async () => {
    const { found } = await written(([history]) => {
      history!.payment_transactions.splice(3, 1);
      history!.payment_transactions.push({ ...history!.payment_transactions[5]! });
      history!.payment_transactions[1] = { ...history!.payment_transactions[1]!, amount: '1.000000002' };
    });
    expect(await found()).toEqual(expect.arrayContaining(['G1 lost', 'G1 row_twice', 'G2 id_twice']));
  });

  test('names a file that is gone, and leaves the others readable', async () => {
    const {
      location: { folder },
      found,
    } = await written();
    rmSync(filesOf(folder, 'payment_transactions')[0]!);
    expect(await found()).toEqual(expect.arrayContaining(['G1 file_missing', 'G1 lost']));
  });

  test('names a file that was cut', async () => {
    const {
      location: { folder },
      found,
    } = await written();
    truncateSync(filesOf(folder, 'payment_exceptions')[0]!, 40);
    expect(await found()).toEqual(expect.arrayContaining(['G1 file_differs', 'G1 lost']));
  });

  test('names a file that two commits add', async () => {
    const {
      location: { folder },
      found,
    } = await written();
    const [file] = filesOf(folder, 'payment_transactions');
    const at = (await location!.table('payment_transactions').refresh())!;
    const { size } = (at.files.get(path.basename(file!)) as unknown as { action: { size: number } }).action;
    const add = { path: path.basename(file!), size, partitionValues: {}, modificationTime: 0, dataChange: true };
    const version = String(at.version + 1).padStart(20, '0');
    writeFileSync(
      path.join(folder, 'payment_transactions', '_delta_log', `${version}.json`),
      `${JSON.stringify({ add })}\n`,
    );
    expect(await found()).toEqual(['G1 file_added_twice']);
  });

  test.each([
    ['that no longer reaches its rows', 'payment_transactions', positions(0, 1, 3)],
    ['of an epoch that no owner had', 'payment_exceptions', positions(0, 2, 40)],
    ['past its newest checkpoint', 'checkpoint_log', positions(0, 1, 41)],
  ] as const)('names a position %s', async (_, table, txns) => {
    const written_ = await written();
    await written_.location
      .table(table)
      .commit(({ txns: there }) =>
        [...txns].every(([appId, version]) => there.get(appId) === version) ? undefined : { operation: 'FENCE', txns },
      );
    expect(new Set(await written_.found())).toEqual(new Set(['G6 position_differs']));
  });

  test('names a checkpoint that remembers other rows than the table has', async () => {
    const { found } = await written(() => {}, 1);
    expect(await found()).toEqual(Array(12).fill('G6 position_differs'));
  });

  test('refuses a log with a gap, by the version that is missing', async () => {
    const {
      location: { folder },
      inputs,
    } = await written();
    rmSync(path.join(folder, 'payment_transactions', '_delta_log', `${'2'.padStart(20, '0')}.json`));
    await expect(verify(inputs)).rejects.toThrow('payment_transactions: its log has no version 2');
  });

  test('names rows of another topic and of no partition', async () => {
    const { location: at, found } = await written();
    await at.add('partition_ownership', [
      {
        topic: 'other',
        kafka_partition: 0,
        epoch: 0,
        owner: '',
        claim_id: '',
        claimed_at: 0,
        streams: '[]',
        partition_count: 1,
        start_offset: 0,
        fixed_settings: '{}',
        settings_history: '[]',
        skipped: '[]',
      },
    ]);
    expect(await found()).toEqual(['G6 foreign_topic']);
  });
});
