/**
 * The schemas of a process: the book that its folds read, and the step that fills it before a batch is folded.
 *
 * Invariants:
 * 1. The fold reads a schema from the dataset's row alone: what a registry answers is stored first, then read back. Only what can be
 *    read as the rules' format is stored: a wrong answer must not stand there for good.
 * 2. A record that was folded before (below F) needs no registry: its schema is in the dataset, or the partition stops.
 * 3. What the registry says once counts for good. An id that it does not know is never taken for one that is rejected.
 */
import { orAborted } from '../../base/abort.ts';
import { Backoff } from '../../base/backoff.ts';
import { ContradictionError, UnreachableError } from '../../base/errors.ts';
import type { Runtime } from '../../base/runtime.ts';
import { spanText } from '../../base/span-text.ts';
import type { CompiledMapping } from '../../payments/event/mapped/compiled-mapping.ts';
import {
  type EventSchema,
  type SchemaBook,
  SchemaProblem,
  type SchemaSource,
} from '../../payments/event/schema/event-schema.ts';
import { compileSchema } from '../../payments/event/schema/schema-reader.ts';
import {
  MAX_SCHEMA_BYTES,
  type StoredSchema,
  schemaSource,
  storedSchema,
} from '../../payments/event/schema/stored-schema.ts';
import type { CompiledSettings } from '../../payments/settings.ts';
import type { LogRecord } from '../../payments/types.ts';
import type { Observer } from '../events.ts';
import type { SchemaParts, SchemaRegistry, SinkReads } from '../ports.ts';
import { firstWanted, type WantedSchema } from './wanted-schemas.ts';

const SERVICE = 'schema-registry';

export interface DatasetSchemasOptions extends SchemaParts {
  readonly runtime: Runtime;
  readonly sink: Pick<SinkReads, 'readSchemas' | 'putSchema'>;
  readonly observer: Observer;
}

/** The record that needs a schema. */
export interface SchemaNeed extends WantedSchema {
  readonly partition: number;
  /** False: the record was folded before, so its schema must be in the dataset. */
  readonly mayAsk: boolean;
}

export class DatasetSchemas implements SchemaBook {
  readonly #options: DatasetSchemasOptions;
  readonly #schemas = new Map<number, EventSchema>();
  /** Schemas that are known to be readable with a mapping. */
  readonly #checked = new WeakMap<CompiledMapping, Set<number>>();

  constructor(options: DatasetSchemasOptions) {
    this.#options = options;
  }

  schemaOf(id: number): EventSchema | undefined {
    return this.#schemas.get(id);
  }

  /** Whether records of the schema can be folded with the mapping. */
  readonly isReady = (id: number, mapping: CompiledMapping): boolean => this.#checked.get(mapping)?.has(id) === true;

  /** The same schemas for a look that writes nothing: what the registry answers stays in memory, and is not there for a fold. */
  withoutStoring(): DatasetSchemas {
    const { sink } = this.#options;
    const held = new Map<number, StoredSchema>();
    const reads: DatasetSchemasOptions['sink'] = {
      async readSchemas(ids) {
        const heldRows = ids.flatMap((id) => held.get(id) ?? []);
        const others = ids.filter((id) => !held.has(id));
        return others.length === 0 ? heldRows : [...heldRows, ...(await sink.readSchemas(others))];
      },
      putSchema: async (row) => void held.set(row.id, row),
    };
    return new DatasetSchemas({ ...this.#options, sink: reads });
  }

  /** Resolves when isReady holds. Throws ContradictionError where it never will, and UnreachableError for a registry that stays away. */
  async ensure(need: SchemaNeed, signal: AbortSignal): Promise<void> {
    const { id, mapping } = need;
    const schema = this.#schemas.get(id) ?? (await this.#load(need, signal));
    try {
      compileSchema(schema, mapping);
    } catch (error) {
      throw error instanceof SchemaProblem ? unusable(need, error) : error;
    }
    this.#schemas.set(id, schema);
    const checked = this.#checked.get(mapping) ?? new Set<number>();
    this.#checked.set(mapping, checked.add(id));
  }

  /** Every schema of records that were folded before: each is in the dataset, and no registry is asked. */
  async ensureAll(
    partition: number,
    records: readonly LogRecord[],
    settingsAt: (offset: number) => CompiledSettings,
    signal: AbortSignal,
  ): Promise<void> {
    for (;;) {
      const wanted = firstWanted(records, 0, records.length, settingsAt, this.isReady);
      if (wanted === undefined) return;
      await this.ensure({ ...wanted, partition, mayAsk: false }, signal);
    }
  }

  async #load(need: SchemaNeed, signal: AbortSignal): Promise<EventSchema> {
    const { parse, sink } = this.#options;
    let row = await this.#read(need, signal);
    if (row === undefined) {
      if (!need.mayAsk) throw missing(need);
      const asked = await this.#ask(need, signal);
      if (asked !== undefined) await orAborted(sink.putSchema(asked), signal);
      row = await this.#read(need, signal);
      if (row === undefined) throw missing(need);
    }
    const source = schemaSource(row);
    if (source === undefined) throw changed(need, 'its text is not the one that its digest was made of');
    try {
      return parse(source);
    } catch (error) {
      throw error instanceof SchemaProblem ? unusable(need, error) : error;
    }
  }

  async #read(need: SchemaNeed, signal: AbortSignal): Promise<StoredSchema | undefined> {
    const rows = await orAborted(this.#options.sink.readSchemas([need.id]), signal);
    const other = rows.find(({ sha256 }) => sha256 !== rows[0]!.sha256);
    if (other !== undefined)
      throw changed(need, `it has two rows, with the digests ${rows[0]!.sha256} and ${other.sha256}`);
    return rows[0];
  }

  /**
   * What can be read with the mapping; undefined once the dataset has it. Asks the registry until it answers, and for an id that it does
   * not know until that has lasted too long.
   */
  async #ask(need: SchemaNeed, signal: AbortSignal): Promise<StoredSchema | undefined> {
    const { registry, runtime, observer, parse } = this.#options;
    if (registry === undefined) throw unknown(need, 'no registry is configured: set SCHEMA_REGISTRY_URL');
    const beganMs = runtime.monotonicMs();
    let isReported = false;
    try {
      const source = await this.#answer(registry, need, signal, (waiting) => {
        isReported = true;
        observer.emit({ type: 'service.waiting', service: SERVICE, ...waiting });
      });
      if (source === undefined) return undefined;
      const stored = storedSchema(need.id, source);
      const bytes = Buffer.byteLength(stored.text);
      if (bytes > MAX_SCHEMA_BYTES)
        throw new SchemaProblem(`with its references it has ${bytes} bytes, over ${MAX_SCHEMA_BYTES}`);
      compileSchema(parse(source), need.mapping);
      return stored;
    } catch (error) {
      throw error instanceof SchemaProblem ? unusable(need, error) : error;
    } finally {
      // However the wait ended: nobody waits now.
      const waitedMs = runtime.monotonicMs() - beganMs;
      if (isReported) observer.emit({ type: 'service.recovered', service: SERVICE, waitedMs });
    }
  }

  async #answer(
    registry: SchemaRegistry,
    need: SchemaNeed,
    signal: AbortSignal,
    onWaiting: (waiting: { what: string; waitedMs: number; limitMs: number; error: string }) => void,
  ): Promise<SchemaSource | undefined> {
    const { runtime, limits } = this.#options;
    const what = `schema ${need.id}, which partition ${need.partition} needs at offset ${need.offset}`;
    const backoff = new Backoff(runtime, limits.backoffMinMs, limits.backoffMaxMs);
    let sinceMs: number | undefined;
    let wasUnknown = false;
    for (;;) {
      const answer = await asked(registry, need.id, signal);
      if ('source' in answer) return answer.source;
      // Counts from the first answer of its kind: a registry that comes back and is still empty has its time too.
      if (sinceMs === undefined || wasUnknown !== answer.isUnknown) sinceMs = runtime.monotonicMs();
      wasUnknown = answer.isUnknown;
      const waitedMs = runtime.monotonicMs() - sinceMs;
      const limitMs = answer.isUnknown ? limits.unknownAfterMs : limits.unreachableAfterMs;
      if (waitedMs >= limitMs) {
        if (answer.isUnknown) throw unknown(need, `${registry.name} has not known it for ${spanText(waitedMs)}`);
        throw new UnreachableError(
          `${SERVICE}: no success with ${what} for ${spanText(waitedMs)}; last error: ${answer.error}. ` +
            'Check SCHEMA_REGISTRY_URL, its credentials and the network, then start again',
        );
      }
      onWaiting({ what, waitedMs, limitMs, error: answer.error });
      await runtime.sleep(Math.min(backoff.nextMs(), Math.max(1, limitMs - waitedMs)), signal);
      // Another partition or process may have had its answer meanwhile: then the registry is not needed.
      if ((await this.#read(need, signal)) !== undefined) return undefined;
    }
  }
}

type Answer = { readonly source: SchemaSource } | { readonly isUnknown: boolean; readonly error: string };

async function asked(registry: SchemaRegistry, id: number, signal: AbortSignal): Promise<Answer> {
  try {
    const source = await orAborted(registry.schema(id, signal), signal);
    return source === undefined
      ? { isUnknown: true, error: `${registry.name} does not know schema ${id}` }
      : { source };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SchemaProblem) throw error;
    return { isUnknown: false, error: error instanceof Error ? error.message : String(error) };
  }
}

function where({ partition, offset, id }: SchemaNeed): string {
  return `partition ${partition}: the record at offset ${offset} names schema ${id}`;
}

function declare({ id }: SchemaNeed): string {
  return `event.reject_schema_ids: [${id}]`;
}

function unknown(need: SchemaNeed, why: string): ContradictionError {
  return new ContradictionError(
    'schema_unknown',
    `${where(need)}, and ${why}. Everything before it is written, nothing past it. Register the schema under this id and start ` +
      `again. If nobody has it, put \`${declare(need)}\` into the rules file with a higher revision: then its records become ` +
      'rejected rows. See the runbook, schema_unknown.',
  );
}

function unusable(need: SchemaNeed, problem: SchemaProblem): ContradictionError {
  return new ContradictionError(
    'schema_unusable',
    `${where(need)}, which cannot be read: ${problem.message}. Everything before it is written, nothing past it. If its records are ` +
      `not to be read, put \`${declare(need)}\` into the rules file with a higher revision. See the runbook, schema_unusable.`,
  );
}

function missing(need: SchemaNeed): ContradictionError {
  return new ContradictionError(
    'schema_missing',
    `${where(need)}, which has no row in event_schemas, and the record at this offset was folded: the row was deleted, or the topic was ` +
      'made again and has another record there. Nothing was written. Restore event_schemas, or the topic, as it was. See the runbook, schema_missing.',
  );
}

function changed(need: SchemaNeed, how: string): ContradictionError {
  return new ContradictionError(
    'schema_changed',
    `${where(need)}, whose row in event_schemas was changed: ${how}. Nothing was written. Restore event_schemas to a time before ` +
      'that. See the runbook, schema_changed.',
  );
}
