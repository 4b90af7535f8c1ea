/**
 * The look at a topic before its dataset is seeded: reads the first records of every partition and judges them, folds none and
 * writes nothing: schemas that records name stay in memory. It ends at the first record that the rules do not reject. If they
 * reject all, the process stops with `nothing_accepted`: a wrong first rules file must not turn the topic into rejected rows,
 * nor fix its members for the dataset.
 *
 * Boundary: records of the log alone. No group is joined, so there is no rebalance; a process that is killed leaves nothing behind.
 *
 * Invariants:
 * - A topic with one record that is not rejected, among those looked at, is never refused.
 * - Records that `select` leaves out speak neither for the rules nor against them.
 * - Memory holds one answer per partition, within the log's own bounds.
 */
import { orAborted } from '../base/abort.ts';
import { ContradictionError } from '../base/errors.ts';
import { PaymentReader } from '../payments/event/payment-reader.ts';
import { Rejection } from '../payments/event/validation.ts';
import type { CompiledSettings } from '../payments/settings.ts';
import type { LogRecord } from '../payments/types.ts';
import type { FetchAnswer, LogSource, PartitionReader } from './ports.ts';
import type { ProcessScope } from './process-scope.ts';
import { NOT_A_PAYMENT, RejectionCount, reasonsText, refusedIn } from './rejections.ts';
import type { DatasetSchemas } from './schemas/dataset-schemas.ts';
import { firstWanted } from './schemas/wanted-schemas.ts';

/** Rejected records after which a topic is refused. */
export const LOOKED_AT_MOST = 1_000;
/** A look that ends sooner is not reported. */
const REPORT_AFTER_MS = 1_000;
/** Time between two reports of a topic without a payment. */
const REPORT_AGAIN_MS = 60_000;

type LookPorts = Pick<ProcessScope, 'log' | 'runtime' | 'observer'> & { readonly schemas?: DatasetSchemas | undefined };

export interface LookOptions {
  readonly topic: string;
  /** Where each partition would begin. */
  readonly startOffsets: ReadonlyMap<number, number>;
  readonly minEventTimeMs: number;
  /** Of the first entry of the history. */
  readonly settings: CompiledSettings;
  readonly untilCaughtUp: boolean;
  /** There are no tables yet: then it ends at the end of the log, where it would wait otherwise. */
  readonly isBeforeTables?: boolean;
  /** The name of the rules file, for its message. */
  readonly rulesFile?: string | undefined;
  /** Whether another process has seeded the dataset meanwhile. Asked once a minute. */
  isSeeded(): Promise<boolean>;
}

/** Resolves when the partitions may begin. Rejects with `nothing_accepted`, with what the log fails with, or with signal.reason. */
export async function firstLook(options: LookOptions, ports: LookPorts, signal: AbortSignal): Promise<void> {
  const look = new Look(options, ports);
  const stop = (): void => look.end(signal.reason);
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  try {
    await look.run();
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** What is known of one partition. */
interface Looked {
  readonly partition: number;
  /** Records that were rejected. */
  rejected: number;
  /** Up to its end when the look began. */
  hasEnded: boolean;
}

class Look {
  readonly #options: LookOptions;
  readonly #log: LogSource;
  readonly #schemas: DatasetSchemas | undefined;
  readonly #ports: Pick<ProcessScope, 'log' | 'runtime' | 'observer'>;
  readonly #looked: readonly Looked[];
  readonly #count = new RejectionCount();
  #records = 0;
  /** Aborted when the look is over. */
  readonly #over = new AbortController();
  readonly #outcome = Promise.withResolvers<void>();
  #hasReported = false;

  constructor(options: LookOptions, ports: LookPorts) {
    this.#options = options;
    this.#schemas = ports.schemas?.withoutStoring();
    this.#ports = ports;
    this.#log = ports.log;
    this.#looked = [...options.startOffsets.keys()].map((partition) => ({ partition, rejected: 0, hasEnded: false }));
    this.#outcome.promise.catch(() => {}); // awaited in run()
  }

  async run(): Promise<void> {
    const reporting = this.#report();
    const looking = this.#looked.map((one) => this.#lookAt(one).catch((error: unknown) => this.#failed(error)));
    try {
      await this.#outcome.promise;
    } finally {
      await Promise.all([reporting, ...looking]);
    }
  }

  /** The first end counts. */
  end(error?: unknown): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort(new Error('the look is over'));
    if (error === undefined) this.#outcome.resolve();
    else this.#outcome.reject(error);
  }

  async #lookAt(one: Looked): Promise<void> {
    const { partition } = one;
    const { signal } = this.#over;
    const from = this.#options.startOffsets.get(partition)!;
    const { endOffset } = await orAborted(this.#log.bounds(partition), signal);
    one.hasEnded = from >= endOffset;
    this.#decide();
    if (signal.aborted) return;
    const judge = this.#judge(partition);
    const reader: PartitionReader = this.#log.peek(partition, from, (error) => this.end(error));
    try {
      while (one.rejected < LOOKED_AT_MOST) {
        const answer: FetchAnswer = await orAborted(reader.read(signal), signal);
        for (const record of answer.records) {
          if (record.offset < from) continue;
          if (!(await this.#hasSchema(record, partition, signal))) return this.#pass();
          judge(record, one);
        }
        answer.lease?.release();
        if (answer.completeTo >= endOffset) one.hasEnded = true;
        this.#decide();
        if (signal.aborted) return;
      }
    } finally {
      reader.close();
    }
  }

  /** False: the registry does not know the record's schema. That is no word against the rules: the partition says so when it runs. */
  async #hasSchema(record: LogRecord, partition: number, signal: AbortSignal): Promise<boolean> {
    const schemas = this.#schemas;
    const { settings } = this.#options;
    const wanted = schemas && firstWanted([record], 0, 1, () => settings, schemas.isReady);
    if (wanted === undefined) return true;
    try {
      await schemas!.ensure({ ...wanted, partition, mayAsk: true }, signal);
      return true;
    } catch (error) {
      if (error instanceof ContradictionError && error.leavesWhatWasFolded) return false;
      throw error;
    }
  }

  #judge(partition: number): (record: LogRecord, one: Looked) => void {
    const { settings, minEventTimeMs, startOffsets } = this.#options;
    const schemas = this.#schemas;
    const reader = new PaymentReader({ partition, partitionCount: startOffsets.size, minEventTimeMs, schemas });
    return (record, one) => {
      const read = reader.read(record, settings);
      this.#records += 1;
      if (!(read instanceof Rejection)) return this.#pass();
      this.#count.add(partition, record.offset, read.reason);
      if (read.code !== (NOT_A_PAYMENT as string)) one.rejected += 1;
    };
  }

  /** Each partition has had its share of the look before a topic is refused: another one may hold payments. */
  #decide(): void {
    if (this.#over.signal.aborted) return;
    const share = Math.ceil(LOOKED_AT_MOST / this.#looked.length);
    const rejected = this.#looked.reduce((sum, one) => sum + one.rejected, 0);
    const hasAllShares = this.#looked.every((one) => one.hasEnded || one.rejected >= share);
    const isAtEnd = this.#looked.every(({ hasEnded }) => hasEnded);
    const { untilCaughtUp, isBeforeTables = false } = this.#options;
    if (rejected >= LOOKED_AT_MOST && hasAllShares) this.#refuse();
    else if (!isAtEnd) return;
    else if (untilCaughtUp && this.#records > 0) this.#refuse();
    // Nothing to judge, and nothing to wait for.
    else if (untilCaughtUp || isBeforeTables) this.#pass();
  }

  #pass(): void {
    if (this.#over.signal.aborted) return;
    if (this.#hasReported) this.#emitEnd(true);
    this.end();
  }

  #refuse(): void {
    this.#emitEnd(false);
    const reasons = this.#count.counted();
    const { topic, isBeforeTables } = this.#options;
    const made = isBeforeTables
      ? 'Nothing was made or written.'
      : 'No row was written; the dataset has its tables, which are empty.';
    this.end(
      new ContradictionError(
        'nothing_accepted',
        `topic ${topic}: none of its first ${this.#records} records is a payment: ${reasonsText(reasons, this.#records)}. ` +
          `${made} ${this.#remedy()} (docs/your-own-topic.md), or the producers; --accept-nothing writes them as rejected rows.`,
      ),
    );
  }

  #remedy(): string {
    const { settings, rulesFile = 'FILE' } = this.#options;
    if (settings.mapping === null)
      return 'There is no RULES_FILE, so they were read as built-in events. `provenonce rules init --from-topic` proposes one. Use it';
    const check = `provenonce rules check ${rulesFile} --from-topic --count ${Math.min(this.#records, LOOKED_AT_MOST)}`;
    return `\`${check}\` shows what each record becomes. Correct the rules file`;
  }

  /** A partition that cannot be read is left to its run, which stops it and says why. */
  #failed(error: unknown): void {
    if (this.#over.signal.aborted) return;
    if (error instanceof ContradictionError) this.#pass();
    else this.end(error);
  }

  async #report(): Promise<void> {
    const { runtime, observer } = this.#ports;
    const { signal } = this.#over;
    const startedMs = runtime.monotonicMs();
    try {
      for (let waitMs = REPORT_AFTER_MS; ; waitMs = REPORT_AGAIN_MS) {
        await runtime.sleep(waitMs, signal);
        this.#hasReported = true;
        const waitedMs = runtime.monotonicMs() - startedMs;
        observer.emit({ type: 'first_look.waiting', waitedMs, ...this.#numbers() });
        if (await orAborted(this.#options.isSeeded(), signal)) this.#pass();
      }
    } catch (error) {
      this.#failed(error);
    }
  }

  #emitEnd(passed: boolean): void {
    this.#ports.observer.emit({ type: 'first_look.ended', passed, ...this.#numbers() });
  }

  #numbers() {
    const reasons = this.#count.counted();
    return { records: this.#records, rejected: refusedIn(reasons), reasons };
  }
}
