import { describe, expect, test } from 'vitest';
import { ContradictionError, UnreachableError } from '../../base/errors.ts';
import { parseAvro } from '../../payments/event/avro/parse-avro.ts';
import { compileMapping } from '../../payments/event/mapped/compile-mapping.ts';
import type { CompiledMapping } from '../../payments/event/mapped/compiled-mapping.ts';
import { SchemaProblem, type SchemaSource } from '../../payments/event/schema/event-schema.ts';
import { type StoredSchema, storedSchema } from '../../payments/event/schema/stored-schema.ts';
import type { LogRecord } from '../../payments/types.ts';
import type { ProcessorEvent } from '../events.ts';
import { DatasetSchemas, type SchemaNeed } from './dataset-schemas.ts';
import { firstWanted } from './wanted-schemas.ts';

const AVRO: SchemaSource = { kind: 'avro', text: '"string"', references: [] };
const never = new AbortController().signal;

function mappingOf(format: 'avro' | 'protobuf' | 'json', rejectSchemaIds: readonly number[] = []): CompiledMapping {
  return compileMapping({
    revision: 1,
    event: {
      format,
      select: [],
      key: 'any',
      rejectSchemaIds,
      keepRejectedPayload: false,
      texts: {
        transaction_id: { path: '/id' },
        sender_account_id: { path: '/from' },
        currency: { path: '/currency' },
      },
      amount: { path: '/amount' },
      timestamp: { path: '/at' },
    },
    columns: [],
    fraud: {} as never,
  });
}

const MAPPING = mappingOf('avro');

/** `answers`: what the registry says, one after the other; the last one for good. */
function setUp(answers: readonly (SchemaSource | undefined | Error | 'thrown text')[], rows: StoredSchema[] = []) {
  let nowMs = 0;
  let asked = 0;
  const events: ProcessorEvent[] = [];
  const schemas = new DatasetSchemas({
    runtime: {
      monotonicMs: () => nowMs,
      random: () => 0.5,
      sleep: async (ms: number, signal?: AbortSignal) => {
        signal?.throwIfAborted();
        nowMs += ms;
      },
    } as never,
    sink: {
      readSchemas: async (ids) => rows.filter(({ id }) => ids.includes(id)),
      putSchema: async (row) => {
        if (!rows.some(({ id }) => id === row.id)) rows.push(row);
      },
    },
    observer: { emit: (event) => events.push(event) },
    registry: {
      name: 'the registry',
      schema: async () => {
        const answer = answers[Math.min(asked, answers.length - 1)];
        asked += 1;
        if (answer instanceof Error || answer === 'thrown text') throw answer;
        return answer;
      },
    },
    parse: ({ text }) => ({ kind: 'avro', root: parseAvro(text) }),
    limits: { unknownAfterMs: 60_000, unreachableAfterMs: 600_000, backoffMinMs: 100, backoffMaxMs: 10_000 },
  });
  return { schemas, rows, events, asked: () => asked, now: () => nowMs };
}

function need(changes: Partial<SchemaNeed> = {}): SchemaNeed {
  return { id: 7, mapping: MAPPING, offset: 41, at: 0, partition: 2, mayAsk: true, ...changes };
}

async function stopOf(ensuring: Promise<void>): Promise<string> {
  const error = await ensuring.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ContradictionError)) throw error;
  return `${error.code}: ${error.message}`;
}

describe('a schema that is not in the dataset', () => {
  test('is asked for once, stored, and read back', async () => {
    const { schemas, rows, asked } = setUp([AVRO]);
    expect(schemas.isReady(7, MAPPING)).toBe(false);
    await schemas.ensure(need(), never);
    await schemas.ensure(need({ offset: 42 }), never);
    expect(asked()).toBe(1);
    expect(rows).toEqual([storedSchema(7, AVRO)]);
    expect(schemas.schemaOf(7)).toEqual({ kind: 'avro', root: { kind: 'string' } });
    expect(schemas.isReady(7, MAPPING)).toBe(true);
  });

  test('is what another process stored meanwhile, not what the registry answered', async () => {
    const rows: StoredSchema[] = [];
    const { schemas } = setUp([AVRO], rows);
    const put = rows.push.bind(rows);
    rows.push = () => put(storedSchema(7, { ...AVRO, text: '"long"' }));
    await schemas.ensure(need(), never);
    expect(schemas.schemaOf(7)).toEqual({ kind: 'avro', root: { kind: 'long' } });
  });

  test('is waited for while the registry is away, which is reported, and then resumes', async () => {
    const { schemas, events, now } = setUp([new Error('ECONNREFUSED'), new Error('ECONNREFUSED'), AVRO]);
    await schemas.ensure(need(), never);
    expect(events.map(({ type }) => type)).toEqual(['service.waiting', 'service.waiting', 'service.recovered']);
    expect(events[0]).toMatchObject({
      service: 'schema-registry',
      what: 'schema 7, which partition 2 needs at offset 41',
      limitMs: 600_000,
      error: 'ECONNREFUSED',
    });
    expect(now()).toBeGreaterThan(0);
  });

  test('is waited for too where what was thrown is no error at all', async () => {
    const { schemas, events } = setUp(['thrown text', AVRO]);
    await schemas.ensure(need(), never);
    expect(events[0]).toMatchObject({ type: 'service.waiting', error: 'thrown text' });
  });

  test('is taken from the dataset where another one stored it during the wait: the registry may stay away', async () => {
    const rows: StoredSchema[] = [];
    const { schemas, events, asked } = setUp([new Error('away')], rows);
    const waiting = schemas.ensure(need(), never);
    rows.push(storedSchema(7, AVRO));
    await waiting;
    expect(schemas.isReady(7, MAPPING)).toBe(true);
    expect(asked()).toBeLessThan(3);
    expect(events.map(({ type }) => type)).toEqual(['service.waiting', 'service.recovered']);
  });

  test('a registry that stays away ends the process, and nothing is stored', async () => {
    const { schemas, rows } = setUp([new Error('ECONNREFUSED')]);
    await expect(schemas.ensure(need(), never)).rejects.toThrow(UnreachableError);
    expect(rows).toEqual([]);
  });

  test('an id that the registry does not know stops the partition after the patience, with the line that gives it up', async () => {
    const { schemas, rows, events, now } = setUp([undefined]);
    const stop = await stopOf(schemas.ensure(need(), never));
    expect(stop).toContain('schema_unknown: partition 2: the record at offset 41 names schema 7');
    expect(stop).toContain('event.reject_schema_ids: [7]');
    expect(now()).toBe(60_000);
    expect(rows).toEqual([]);
    // Nobody waits any longer.
    expect(events.at(-1)!.type).toBe('service.recovered');
  });

  test('an id that becomes known within the patience is read', async () => {
    const { schemas } = setUp([undefined, undefined, AVRO]);
    await schemas.ensure(need(), never);
    expect(schemas.isReady(7, MAPPING)).toBe(true);
  });

  test('the patience with an unknown id begins when the registry is back', async () => {
    const { schemas, now } = setUp([...Array.from({ length: 30 }, () => new Error('away')), undefined]);
    expect(await stopOf(schemas.ensure(need(), never))).toContain('schema_unknown');
    expect(now()).toBeGreaterThan(200_000);
  });

  test('a wait ends with the signal', async () => {
    const ended = new AbortController();
    const { schemas } = setUp([new Error('away')]);
    ended.abort(new Error('released'));
    await expect(schemas.ensure(need(), ended.signal)).rejects.toThrow('released');
  });

  test.each([
    ['its text is wrong', { ...AVRO, text: '{' }, 'is not JSON'],
    ['it is too large', { ...AVRO, text: `"${' '.repeat(1024 * 1024)}"` }, 'bytes, over 1048576'],
    ['it is of another format', new SchemaProblem('it is of the format JSON'), 'it is of the format JSON'],
  ])('a schema that cannot be read because %s stops the partition', async (_, answer, why) => {
    const stop = await stopOf(setUp([answer]).schemas.ensure(need(), never));
    expect(stop).toContain(
      'schema_unusable: partition 2: the record at offset 41 names schema 7, which cannot be read',
    );
    expect(stop).toContain(why);
  });

  test('a schema of another format than the rules say stops the partition', async () => {
    const { schemas, rows } = setUp([AVRO]);
    const stop = await stopOf(schemas.ensure(need({ mapping: mappingOf('protobuf') }), never));
    expect(stop).toContain('it is of the format avro, and the rules say protobuf');
    expect(rows).toEqual([]);
  });

  test.each<[string, SchemaSource, CompiledMapping]>([
    ['is no schema', { ...AVRO, text: '<html>busy</html>' }, MAPPING],
    ['is a schema of another format', AVRO, mappingOf('protobuf')],
  ])('an answer that %s is not stored: the next process asks again', async (_, answer, mapping) => {
    const rows: StoredSchema[] = [];
    await stopOf(setUp([answer], rows).schemas.ensure(need({ mapping }), never));
    expect(rows).toEqual([]);
    const { schemas } = setUp([AVRO], rows);
    await schemas.ensure(need(), never);
    expect(rows).toEqual([storedSchema(7, AVRO)]);
  });
});

describe('a look', () => {
  test('stores nothing of what the registry answers, and the run that follows asks for it', async () => {
    const { schemas, rows, asked } = setUp([AVRO]);
    const look = schemas.withoutStoring();
    await look.ensure(need(), never);
    await look.ensure(need({ offset: 42 }), never);
    expect(look.isReady(7, MAPPING)).toBe(true);
    expect(look.schemaOf(7)).toEqual({ kind: 'avro', root: { kind: 'string' } });
    expect([rows, asked()]).toEqual([[], 1]);
    expect(schemas.isReady(7, MAPPING)).toBe(false);
    await schemas.ensure(need(), never);
    expect([rows, asked()]).toEqual([[storedSchema(7, AVRO)], 2]);
  });

  test('reads what the dataset has, and asks no registry for it', async () => {
    const { schemas, asked } = setUp([new Error('away')], [storedSchema(7, AVRO)]);
    await schemas.withoutStoring().ensure(need(), never);
    expect(asked()).toBe(0);
  });
});

describe('a record that was folded before', () => {
  test('needs no registry', async () => {
    const { schemas, asked } = setUp([new Error('away')], [storedSchema(7, AVRO)]);
    await schemas.ensure(need({ mayAsk: false }), never);
    expect(asked()).toBe(0);
  });

  test('stops the partition if its schema is gone from the dataset, although the registry has it', async () => {
    const { schemas, asked } = setUp([AVRO]);
    expect(await stopOf(schemas.ensure(need({ mayAsk: false }), never))).toContain('schema_missing');
    expect(asked()).toBe(0);
  });
});

describe('a row that was changed', () => {
  test('is found out by its digest', async () => {
    const row = storedSchema(7, AVRO);
    const { schemas } = setUp([AVRO], [{ ...row, text: row.text.replace('string', 'long') }]);
    expect(await stopOf(schemas.ensure(need(), never))).toContain('schema_changed');
  });

  test('is found out by a second one', async () => {
    const { schemas } = setUp([AVRO], [storedSchema(7, AVRO), storedSchema(7, { ...AVRO, text: '"long"' })]);
    expect(await stopOf(schemas.ensure(need(), never))).toContain('two rows');
  });
});

describe('the schemas that a batch names', () => {
  const record = (offset: number, id: number | null, size = 6): LogRecord => {
    const value = id === null ? null : Buffer.alloc(size);
    value?.writeUInt32BE(id!, 1);
    return { offset, timestampMs: 0, key: null, value };
  };
  const wanted = (records: readonly LogRecord[], mapping: CompiledMapping | null, ready: readonly number[] = []) =>
    firstWanted(
      records,
      0,
      records.length,
      () => ({ mapping }),
      (id) => ready.includes(id),
    );

  test('the first one that is not ready, with its record', () => {
    const records = [record(5, 1), record(6, 1), record(7, 2), record(8, 3)];
    expect(wanted(records, MAPPING, [1])).toMatchObject({ id: 2, offset: 7, at: 2 });
    expect(wanted(records, MAPPING, [1, 2, 3])).toBeUndefined();
  });

  test('none of a record that the fold does not read with a schema', () => {
    const oversized = { valueByteLength: 2_000_000, valueHash: { high: 0, low: 0 }, fingerprint: '' };
    const plain = { ...record(1, 9), value: Buffer.from('{"a":1}') };
    const records = [
      record(0, null),
      plain,
      record(2, 9, 4 + 1_048_577),
      { ...record(3, 9), oversized },
      record(4, 9, 5),
    ];
    expect(wanted(records.slice(0, 4), MAPPING)).toBeUndefined();
    expect(wanted(records, MAPPING)).toMatchObject({ id: 9, at: 4 });
    expect(wanted(records, mappingOf('avro', [9]))).toBeUndefined();
    expect(wanted(records, mappingOf('json'))).toBeUndefined();
    expect(wanted(records, null)).toBeUndefined();
  });
});
