/**
 * A processor takes a changed dataset over, with the local state of the owner before, or with none. It must notice, and stop by
 * name; or what it writes from there on is what the oracle gives for the log and the tables as they were.
 */

import { ContradictionError } from '../../base/errors.ts';
import { GUARANTEES } from '../../checks/findings.ts';
import { verify } from '../../checks/verify.ts';
import { APPEND_TABLES } from '../../payments/types.ts';
import type { ProcessorEvent } from '../../processor/events.ts';
import type { ExitReport } from '../../processor/processor.ts';
import type { StoredOwnership } from '../../sinks/bigquery/ports.ts';
import { simRegistry } from '../sim/registry/sim-registry.ts';
import { processorMain, type SimWiring } from '../sim/world/processor-main.ts';
import type { World } from '../sim/world/world.ts';
import type { Row, TableName } from './columns.ts';
import { type BaseDataset, ownershipCells, writtenTables } from './dataset.ts';
import { datasetInputs, readOwnership } from './dataset-inputs.ts';
import { loadedWorld } from './loaded-world.ts';
import { AVRO_SCHEMAS } from './mapped/event-forms.ts';
import { withRecordsToCome } from './records-to-come.ts';

export type StateAtHand = 'local' | 'none';

export type Takeover =
  /** The codes of the stops; a partition that did not stop is harmless. */
  | { readonly end: 'noticed'; readonly by: readonly string[] }
  | { readonly end: 'harmless' }
  | { readonly end: 'harm'; readonly what: readonly string[] };

/** What a processor did with the dataset. */
interface Done {
  readonly written: Readonly<Partial<Record<TableName, readonly Row[]>>>;
  /** As the processor found it, and as it left it. */
  readonly found: readonly StoredOwnership[];
  readonly ownership: readonly StoredOwnership[];
  readonly stops: readonly string[];
  readonly broke: readonly string[];
}

const VIRTUAL_MS_MAX = 600_000;
const STEPS_MAX = 100_000;
/** Said of the rows that were there, which are not what is judged here. */
const OF_THE_CHANGE = [
  'ownership_contradicts',
  'partition_count_differs',
  'found_rows_differ',
  'checkpoint_is_another',
];

type Weaken = (wiring: SimWiring) => SimWiring;

export class Takeovers {
  /** By dataset and state: what is written where nothing was changed, once the oracle has confirmed it. */
  readonly #unchanged = new Map<string, Promise<string>>();
  readonly #weaken: Weaken;

  /** `weaken`: what the processor is wired of, changed in some way, to see that harm is found. */
  constructor(weaken: Weaken = (ports) => ports) {
    this.#weaken = weaken;
  }

  async judge(base: BaseDataset, changed: BaseDataset, state: StateAtHand): Promise<Takeover> {
    const expected = await this.#expected(base, state);
    let ownership: StoredOwnership[];
    try {
      ownership = readOwnership(changed);
    } catch (error) {
      if (error instanceof ContradictionError) return { end: 'noticed', by: [error.code] };
      throw error;
    }
    const done = await takeOver(withRecordsToCome(changed, base), ownership, state, this.#weaken);
    if (done.broke.length > 0) return { end: 'harm', what: done.broke };
    const isAsEver = writtenText(done) === expected;
    const what = isAsEver ? [] : await harmOf(base, done);
    if (what.length > 0) return { end: 'harm', what };
    return done.stops.length > 0 ? { end: 'noticed', by: [...new Set(done.stops)] } : { end: 'harmless' };
  }

  /** Throws where an unchanged dataset cannot be taken over. */
  #expected(base: BaseDataset, state: StateAtHand): Promise<string> {
    const key = `${base.name} ${state}`;
    const known = this.#unchanged.get(key) ?? unchanged(base, state, this.#weaken);
    this.#unchanged.set(key, known);
    return known;
  }
}

async function unchanged(base: BaseDataset, state: StateAtHand, weaken: Weaken): Promise<string> {
  const done = await takeOver(withRecordsToCome(base, base), readOwnership(base), state, weaken);
  const problems = [...done.broke, ...done.stops, ...(await harmOf(base, done))];
  if (problems.length > 0) throw new Error(`${base.name} as it is cannot be taken over: ${problems.join('; ')}`);
  return writtenText(done);
}

async function takeOver(
  dataset: BaseDataset,
  ownership: readonly StoredOwnership[],
  state: StateAtHand,
  weaken: Weaken,
): Promise<Done> {
  const world = loadedWorld(dataset, ownership);
  const schemaParts = dataset.form === 'avro' ? { schemaParts: simRegistry(AVRO_SCHEMAS, {}, world) } : {};
  const stops = new Map<number, string>();
  const process = world.process('next');
  if (state === 'local') await process.disk.adopt(dataset.disks);
  const emit = (event: ProcessorEvent): void => {
    if (event.type === 'partition.stopped') stops.set(event.partition, event.code);
  };
  world.spawn('next', processorMain({ observer: { emit }, weaken, ...schemaParts }));
  const isOver = (): boolean =>
    !process.running ||
    world.kafka.partitions.every((_, partition) => stops.has(partition) || isDrained(world, partition));
  const end = await world.run(isOver, { maxMs: VIRTUAL_MS_MAX, maxSteps: STEPS_MAX });
  const exits = process.exits.map(({ value, error }) => endOf(value as ExitReport | undefined, error));
  const broke = exits.flatMap(({ bug }) => bug ?? []);
  if (end !== 'done') broke.push(`it neither ended nor stopped: ${end}`);
  return {
    written: writtenTables(world, dataset.form, ({ stream }) => stream !== 'loaded'),
    found: ownership,
    ownership: world.bigquery.ownership.read(dataset.topic),
    stops: [...stops.values(), ...exits.flatMap(({ code }) => code ?? [])],
    broke,
  };
}

function isDrained(world: World, partition: number): boolean {
  return world.bigquery.tables.checkpointed(partition) >= world.kafka.partition(partition).endOffset;
}

function endOf(report: ExitReport | undefined, error: unknown): { readonly code?: string; readonly bug?: string } {
  if (report === undefined) return { bug: `it broke: ${error}` };
  if (report.error instanceof ContradictionError) return { code: report.error.code };
  return report.exitCode === 65 ? {} : { bug: `it ended with ${report.exitCode}: ${report.why}` };
}

/** The rows without their clocks; nothing else of them is left to chance. */
function writtenText({ written }: Done): string {
  const timeless = APPEND_TABLES.map((table) =>
    written[table]!.map(({ processed_at: _processed, written_at: _written, ...row }) => row),
  );
  return JSON.stringify(timeless);
}

/** What the oracle finds, over what was there before the change and what was written after it. */
async function harmOf(base: BaseDataset, { written, found, ownership }: Done): Promise<string[]> {
  const coming = withRecordsToCome(base, base);
  const tables = Object.fromEntries(
    Object.entries(base.tables).map(([table, rows]) => [table, [...rows, ...(written[table as TableName] ?? [])]]),
  ) as unknown as BaseDataset['tables'];
  const owners = base.tables.partition_ownership.map((row) => ownerSince(row, found, ownership));
  const judged = { ...coming, tables: { ...tables, partition_ownership: owners } };
  const { guarantees } = await verify(datasetInputs(judged), { findingsMax: 1_000 });
  return GUARANTEES.flatMap((guarantee) =>
    guarantees[guarantee].findings
      .filter(({ kind }) => !OF_THE_CHANGE.includes(kind))
      .map((finding) => `${guarantee} ${JSON.stringify(finding)}`),
  );
}

/** The row as it was, with the claim, and the rules that were added, since. */
function ownerSince(row: Row, found: readonly StoredOwnership[], ownership: readonly StoredOwnership[]): Row {
  const now = ownership.find(({ partition }) => partition === row.kafka_partition);
  // Nobody has claimed it where its epoch is none that comes after.
  if (now === undefined || now.epoch <= Number(row.epoch)) return row;
  const { epoch, claim_id, streams, settings_history } = ownershipCells(now);
  const before = JSON.parse(String(row.settings_history)) as unknown[];
  const known = found.find(({ partition }) => partition === row.kafka_partition)?.history.length ?? 0;
  const added = (JSON.parse(String(settings_history)) as unknown[]).slice(known);
  return {
    ...row,
    epoch: epoch!,
    claim_id: claim_id!,
    streams: streams!,
    settings_history: JSON.stringify([...before, ...added]),
  };
}
