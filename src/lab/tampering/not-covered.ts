/**
 * What `verify` does not cover, as data: each entry with the changes that it speaks of, and why. docs/guarantees.md shows the
 * same list, held to this one by a test. An entry excuses a change that nobody noticed; none of them speaks of an amount, an
 * id, a payment's time, a currency, an offset, an epoch or a counter of a record that the log still has.
 */
import type { Row } from './columns.ts';
import type { BaseDataset } from './dataset.ts';
import { changedLeaves } from './json-leaves.ts';
import { isReadAlike, namedSchema } from './mapped/exchanged-schema.ts';
import { rowOf, type Tampering } from './tampering.ts';

export interface NotCovered {
  /** kebab-case. */
  readonly name: string;
  /** As the page has it: Markdown. */
  readonly what: string;
  readonly why: string;
  readonly speaksOf: (tampering: Tampering, base: BaseDataset) => boolean;
}

export const NOT_COVERED: readonly NotCovered[] = [
  {
    name: 'clocks-and-names',
    what:
      '`processed_at` of all tables; `owner` and `written_at` of `checkpoint_log`; `owner`, `claimed_at` and the ' +
      'name in `claim_id` of `partition_ownership`, the names and ages of its `streams`, and who skipped a range ' +
      'in `skipped`, when and why',
    why: "a clock's reading or a name: no row is judged by it, and nothing in the topic determines it",
    speaksOf: (tampering, base) => isClockOrName(tampering, base),
  },
  {
    name: 'rules',
    what:
      'the rules in `settings_history`, their revision where no rules file says it (revisions still ascend), and ' +
      '`fixed_settings` of a partition without a checkpoint, if no record is decided by what was changed',
    why: 'rows are judged by these rules. A change that decides a record shows in its row',
    speaksOf: (tampering, base) => isRule(tampering, base),
  },
  {
    name: 'past-next-offset',
    what:
      'rows at or past `next_offset`: whether the last of a table are missing, and which of the owners since the ' +
      'newest checkpoint wrote them; of a partition without checkpoints, that is all of them (the report says ' +
      '"guaranteed below" its start)',
    why:
      'they may not be written yet. Those that exist are compared and must be the first ones in each table; a ' +
      'takeover compares and counts them before it adds any',
    speaksOf: (tampering, base) => isPastNextOffset(tampering, base),
  },
  {
    name: 'cut-by-retention',
    what:
      'records that retention has removed, or that lie below `start_offset`: the rows, and the few records left, ' +
      'up to the first checkpoint that the log still reaches, and that checkpoint and those before it, except ' +
      'that they must agree with each other',
    why: 'nothing is left to compare with; the digest of that checkpoint proves what is still remembered',
    speaksOf: (tampering, base) => isCutByRetention(tampering, base),
  },
  {
    name: 'checkpoint-deleted',
    what: 'rows of `checkpoint_log` that were deleted',
    why:
      'old ones are pruned; without the newest, a takeover goes back to an earlier one and compares every row ' +
      'past that',
    speaksOf: (tampering) => tampering.kind === 'deleted' && tampering.table === 'checkpoint_log',
  },
  {
    name: 'bytes-of-the-topic',
    what:
      'bytes of the topic that no rule reads and no table keeps: the Kafka timestamp of an accepted payment, the ' +
      'key of a record rejected for its value, spaces and further members of a value; all but the last record ' +
      'below each checkpoint',
    why: 'the rows are what the rules give for the changed record, too; a checkpoint keeps a hash of one record',
    speaksOf: (tampering, base) => tampering.kind === 'record' && isUnkept(tampering, base),
  },
  {
    name: 'turns-and-losses',
    what: '`backfill_turns` and `accepted_losses`',
    why:
      "a lock, and operators' notes: what a backfill wrote is checked, and a loss is found even if an operator " +
      'accepted it',
    speaksOf: (tampering) =>
      'table' in tampering && (tampering.table === 'backfill_turns' || tampering.table === 'accepted_losses'),
  },
  {
    name: 'rules-again',
    what:
      '`revision` of a row of `rules`; rows of `rules` that no history names, or that are there twice; rows of ' +
      '`event_schemas` that no record names, or that are there twice',
    why: 'the text says its revision, and a text is found by its digest, or by the id in a record',
    speaksOf: (tampering, base) => isRulesAgain(tampering, base) || isSchemaAgain(tampering, base),
  },
  {
    name: 'schemas-alike',
    what:
      'a schema in `event_schemas` that was exchanged together with its digest, if every record of the log that ' +
      'names it reads the same',
    why:
      'records are read by it. One that reads differently shows in its row; a takeover reads what comes by the schema ' +
      'that it finds',
    speaksOf: (tampering, base) =>
      tampering.kind === 'exchanged' && isReadAlike(base, rowOf(base, tampering)!, tampering.cells),
  },
  {
    name: 'not-json-where',
    what:
      'of rejected records of fold version 2: the place in the text where a `not_json` reason says that it stops ' +
      'being JSON',
    why: 'any JSON library finds it',
    speaksOf: (tampering, base) => isWhereNotJson(tampering, base),
  },
];

/** Not where a digest that a history names gets another text. */
function isRulesAgain(tampering: Tampering, { tables }: BaseDataset): boolean {
  if (!('table' in tampering) || tampering.table !== 'rules') return false;
  if (tampering.kind === 'cell') return tampering.column === 'revision';
  if (tampering.kind !== 'forged') return tampering.kind === 'doubled';
  const { sha256, text } = tampering.cells;
  const named = tables.rules.find((row) => row.sha256 === sha256);
  return named === undefined || named.text === text;
}

/** Not where an id that a record names gets another schema. */
function isSchemaAgain(tampering: Tampering, base: BaseDataset): boolean {
  if (tampering.kind === 'doubled') return tampering.table === 'event_schemas';
  if (tampering.kind !== 'forged' || tampering.table !== 'event_schemas') return false;
  const { schema_id, sha256, text } = tampering.cells;
  const isNamed = base.log.some(({ records }) => records.some(({ value }) => namedSchema(value) === schema_id));
  const isThere = base.tables.event_schemas.some(
    (row) => row.schema_id === schema_id && row.sha256 === sha256 && row.text === text,
  );
  return !isNamed || isThere;
}

/** The entry that speaks of it; undefined where none does. */
export function excuseFor(tampering: Tampering, base: BaseDataset): NotCovered | undefined {
  return NOT_COVERED.find(({ speaksOf }) => speaksOf(tampering, base));
}

const CLOCKS_AND_NAMES: Readonly<Record<string, readonly string[]>> = {
  payment_transactions: ['processed_at'],
  payment_transactions_fraud: ['processed_at'],
  payment_metrics_partials: ['processed_at'],
  payment_exceptions: ['processed_at'],
  checkpoint_log: ['processed_at', 'owner', 'written_at'],
  partition_ownership: ['owner', 'claimed_at'],
  rules: ['written_at'],
  event_schemas: ['written_at'],
};
/** Members of JSON that are such. */
const CLOCK_OR_NAME_LEAF: Readonly<Record<string, RegExp>> = {
  streams: /\.(name|createdAtMs)$/,
  skipped: /\.(reason|by|atMs)$/,
};
/** Not which offset, partition or time of payments they begin with. */
const RULE_LEAF: Readonly<Record<string, RegExp>> = {
  fixed_settings: /^\.(idHorizonMs|windowMs|activitySpanMs|minEventTimeMs)$/,
  settings_history: /\.(decision\..*|foldVersion|floorMs)$|^\[\d+\]\.revision$/,
};

function isClockOrName(tampering: Tampering, base: BaseDataset): boolean {
  if (tampering.kind !== 'cell') return false;
  const { table, column, value } = tampering;
  if (CLOCKS_AND_NAMES[table]?.includes(column)) return true;
  if (table !== 'partition_ownership') return false;
  if (column === 'claim_id') return epochIn(value) === epochIn(rowOf(base, tampering)!.claim_id!);
  return areLeaves(tampering, base, CLOCK_OR_NAME_LEAF);
}

function epochIn(claimId: unknown): string | undefined {
  return /^\d+(?=:)/.exec(String(claimId))?.[0];
}

function isRule(tampering: Tampering, base: BaseDataset): boolean {
  if (tampering.kind !== 'cell' || tampering.table !== 'partition_ownership') return false;
  return areLeaves(tampering, base, RULE_LEAF) || coversTheSame(tampering, base);
}

/** Whether each record there is has the same entry of the history as before: it differs where nothing is written yet. */
function coversTheSame(
  { column, row, value }: Extract<Tampering, { kind: 'cell' }>,
  { tables, log }: BaseDataset,
): boolean {
  if (column !== 'settings_history') return false;
  const { kafka_partition, settings_history } = tables.partition_ownership[row]!;
  const [before, after] = [entriesOf(settings_history), entriesOf(value)];
  const { records } = log[Number(kafka_partition)]!;
  return (
    before !== undefined &&
    after !== undefined &&
    records.every(({ offset }) => {
      const rules = ({ fromOffset: _, ...entry }: HistoryEntry): string => JSON.stringify(entry);
      const [was, is] = [before, after].map((entries) => entries.findLast(({ fromOffset }) => fromOffset <= offset));
      return was !== undefined && is !== undefined && rules(was) === rules(is);
    })
  );
}

interface HistoryEntry {
  readonly fromOffset: number;
}

function entriesOf(text: unknown): readonly HistoryEntry[] | undefined {
  try {
    const value: unknown = JSON.parse(String(text));
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether all that differs in a cell of JSON is of the kind. */
function areLeaves(
  tampering: Extract<Tampering, { kind: 'cell' }>,
  base: BaseDataset,
  leaves: Readonly<Record<string, RegExp>>,
): boolean {
  const leaf = leaves[tampering.column];
  if (leaf === undefined) return false;
  const changed = changedLeaves(rowOf(base, tampering)![tampering.column]!, tampering.value);
  return changed?.every((path) => leaf.test(path)) ?? false;
}

function isPastNextOffset(tampering: Tampering, base: BaseDataset): boolean {
  const row = rowOf(base, tampering);
  if (row?.kafka_offset === undefined || row.kafka_offset === null) return false;
  const isEpoch = tampering.kind === 'cell' && tampering.column === 'writer_epoch';
  if (tampering.kind !== 'deleted' && !isEpoch) return false;
  return Number(row.kafka_offset) >= nextOffsetOf(base, row.kafka_partition);
}

function nextOffsetOf({ tables }: BaseDataset, partition: unknown): number {
  const of = tables.checkpoint_log.filter(({ kafka_partition }) => kafka_partition === partition);
  return Math.max(0, ...of.map(({ next_offset }) => Number(next_offset)));
}

function isCutByRetention(tampering: Tampering, base: BaseDataset): boolean {
  if ('partition' in tampering) return tampering.offset < (trustedBelow(base, tampering.partition) ?? 0);
  const row = rowOf(base, tampering);
  if (row === undefined) return false;
  const trusted = trustedBelow(base, row.kafka_partition);
  if (trusted === undefined) return false;
  if (tampering.table === 'checkpoint_log') return Number(row.next_offset) <= trusted;
  return row.kafka_offset !== undefined && Number(row.kafka_offset) < trusted;
}

/** The first checkpoint that the log reaches back to; undefined where it reaches back to the start. */
export function trustedBelow({ tables, log }: BaseDataset, partition: unknown): number | undefined {
  const logStart = log[Number(partition)]?.startOffset ?? 0;
  const start = tables.partition_ownership.find(({ kafka_partition }) => kafka_partition === partition)?.start_offset;
  if (logStart <= Number(start ?? 0)) return undefined;
  const offsets = tables.checkpoint_log
    .filter(({ kafka_partition }) => kafka_partition === partition)
    .map(({ next_offset }) => Number(next_offset));
  return Math.min(...offsets.filter((offset) => offset >= logStart));
}

/** Whether neither a rule nor a row depends on what was changed of the record. */
function isUnkept(
  { partition, offset, part, value }: Extract<Tampering, { kind: 'record' }>,
  { tables, log }: BaseDataset,
): boolean {
  const isHere = (row: Row): boolean =>
    row.kafka_partition === partition && row.kafka_offset === offset && row.writer_epoch !== 0;
  const exception = tables.payment_exceptions.find(isHere);
  if (part === 'timestamp')
    return exception === undefined && !tables.payment_transactions.some((row) => isHere(row) && hasRecordTime(row));
  if (part === 'key') return exception?.disposition === 'rejected';
  const record = log[partition]!.records.find((each) => each.offset === offset);
  return exception?.disposition !== 'rejected' && paymentText(value) === paymentText(Buffer.from(record?.value ?? ''));
}

/** A further column keeps the record's own time. */
function hasRecordTime({ received_at }: Row): boolean {
  return received_at !== undefined && received_at !== null;
}

const PAYMENT_MEMBERS = [
  ...['transaction_id', 'sender_account_id', 'receiver_account_id', 'amount', 'currency', 'device_id'],
  ...['ip_address', 'timestamp', 'region', 'payment_method', 'order'],
];

/** The members that a payment is made of, without any others; the text itself if it is no JSON. */
function paymentText(value: unknown): string {
  const text = String(value);
  try {
    const event = JSON.parse(text) as Readonly<Record<string, unknown>>;
    return JSON.stringify(PAYMENT_MEMBERS.map((name) => event[name]));
  } catch {
    return text;
  }
}

function isWhereNotJson(tampering: Tampering, base: BaseDataset): boolean {
  if (tampering.kind !== 'cell' || tampering.table !== 'payment_exceptions' || tampering.column !== 'reason')
    return false;
  const isNotJson = (reason: unknown): boolean => String(reason).split(':')[0] === 'not_json';
  return isNotJson(tampering.value) && isNotJson(rowOf(base, tampering)!.reason);
}
