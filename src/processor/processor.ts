/**
 * The processor: checks the topic and the dataset, joins the group, and keeps one supervisor for each partition that it
 * was given. Knows no client library and no clock: all of that comes in through ports.
 *
 * Exit codes (docs/reference/exit-codes.md): 0 stopped as asked; 64 configuration; 65 the log or the sink contradicts
 * the guarantee for everything that it owns; 69 a service stayed unreachable; 70 a bug.
 */

import { orAborted } from '../base/abort.ts';
import { ConfigurationError, ContradictionError, UnreachableError } from '../base/errors.ts';
import { recordTimeCondition } from '../payments/rules/record-time.ts';
import { compileEntry, isKnownFoldVersion } from '../payments/settings.ts';
import { caughtUp, notInForceText, topicTargets, withOlderSettings } from './caught-up.ts';
import { checkClock } from './clock-rule.ts';
import { firstLook } from './first-look.ts';
import { ignoredSettings } from './fixed-settings.ts';
import { checkLimits } from './limits.ts';
import { type PartitionPhase, PartitionSupervisor } from './partition-supervisor.ts';
import type { Ownership, TopicFacts } from './ports.ts';
import { type ProcessorPorts, type ProcessScope, processScope } from './process-scope.ts';
import type { ProcessorSettings } from './settings.ts';
import { startOffsets } from './start-offsets.ts';
import { entryOf, nextEntry, revisionOf } from './takeover/next-entry.ts';
import {
  checkDataset,
  checkPartitionCount,
  checkTopic,
  minEventTimeOf,
  requireUnknown,
  seedMissing,
} from './topic-checks.ts';
import { wrongTablesBehind } from './wrong-tables.ts';

export type { ProcessorPorts } from './process-scope.ts';

export interface ExitReport {
  readonly exitCode: 0 | 64 | 65 | 69 | 70;
  readonly why: string;
  readonly error?: Error;
}

export interface PartitionStatus {
  readonly partition: number;
  readonly phase: PartitionPhase;
  /** Why it is stopped. */
  readonly error?: string;
}

export class Processor {
  readonly #settings: ProcessorSettings;
  readonly #ports: ProcessorPorts;
  readonly #supervisors = new Map<number, PartitionSupervisor>();
  readonly #ending = new AbortController();
  readonly #scope: ProcessScope;
  #partitionCount = 0;
  /** Ownership as it was found, or seeded. */
  #rowsAtStart: ReadonlyMap<number, Ownership> = new Map();
  #exit: ExitReport | undefined;
  #wasAssigned = false;
  /** Assignments are applied one after the other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(settings: ProcessorSettings, ports: ProcessorPorts) {
    checkLimits(settings.limits);
    this.#settings = settings;
    this.#ports = ports;
    this.#scope = processScope(settings, ports);
  }

  /** What each assigned partition is doing; the processor is ready when none is stopped. */
  status(): PartitionStatus[] {
    return [...this.#supervisors].map(([partition, supervisor]) => {
      const { phase, error } = supervisor;
      return error === undefined ? { partition, phase } : { partition, phase, error: error.message };
    });
  }

  /** Runs until `stop` is aborted (graceful), everything is caught up, or every partition is stopped. Never rejects. */
  async run(stop: AbortSignal): Promise<ExitReport> {
    const { observer } = this.#ports;
    const onStop = (): void => this.#end({ exitCode: 0, why: 'asked to stop' });
    if (stop.aborted) onStop();
    else stop.addEventListener('abort', onStop, { once: true });
    try {
      const facts = await orAborted(this.#prepare(), this.#ending.signal);
      const { topic } = this.#settings;
      observer.emit({ type: 'processor.started', topic, partitionCount: facts.partitionCount });
      await this.#work();
    } catch (error) {
      this.#end(exitFor(await this.#causeOf(error)));
    }
    stop.removeEventListener('abort', onStop);
    await this.#shutDown();
    const exit = this.#exit ?? { exitCode: 70, why: 'ended without a reason' };
    observer.emit({ type: 'processor.stopped', exitCode: exit.exitCode, why: exit.why });
    return exit;
  }

  async #prepare(): Promise<TopicFacts> {
    const { log, sink, observer, runtime } = this.#ports;
    const { topic, rules } = this.#settings;
    const condition = recordTimeCondition(rules?.rules);
    if (condition !== undefined) observer.emit({ type: 'log.warning', what: 'rules', detail: condition });
    const [facts, rows] = await Promise.all([log.facts(), sink.readOwnership(topic), checkDataset(topic, sink)]);
    this.#checkFacts(facts);
    checkPartitionCount(topic, facts.partitionCount, rows);
    this.#checkRevisions(rows);
    for (const detail of ignoredSettings(this.#settings.seed, rows, runtime.nowMs()))
      observer.emit({ type: 'log.warning', what: 'settings', detail });
    const startOffsets = rows.length === 0 ? await this.#lookFirst(facts) : undefined;
    const isChanged = await seedMissing(this.#settings, facts, rows, this.#ports, startOffsets);
    this.#partitionCount = facts.partitionCount;
    const seeded = isChanged ? await sink.readOwnership(topic) : rows;
    if (isChanged) this.#checkRevisions(seeded);
    this.#rowsAtStart = new Map(seeded.map((row) => [row.partition, row]));
    this.#scope.claims.foresee(seeded);
    return facts;
  }

  /** Of a new dataset. Returns where its partitions begin: they must not begin behind what was looked at. */
  async #lookFirst(facts: TopicFacts): Promise<ReadonlyMap<number, number> | undefined> {
    const { topic, partitionCount } = facts;
    const { acceptNothing, untilCaughtUp, startAt, rulesFile } = this.#settings;
    if (acceptNothing) return undefined;
    const { log, sink, runtime } = this.#ports;
    const { signal } = this.#ending;
    const partitions = Array.from({ length: partitionCount }, (_, partition) => partition);
    const starts = await orAborted(startOffsets(startAt, facts, partitions, log), signal);
    // A dataset that lost its ownership rows is none that is new: that is the reason to give.
    await orAborted(requireUnknown(topic, partitions, sink), signal);
    const options = {
      topic,
      startOffsets: starts,
      minEventTimeMs: minEventTimeOf(this.#settings, runtime),
      settings: compileEntry(entryOf(this.#settings, 0)),
      untilCaughtUp,
      rulesFile,
      isSeeded: async () => (await sink.readOwnership(topic)).length > 0,
    };
    await firstLook(options, this.#scope, signal);
    return starts;
  }

  /**
   * Settings that cannot follow a history end the process before anything is seeded or claimed. A history of a newer release
   * stops its partition at the takeover, with the release to run.
   */
  #checkRevisions(rows: readonly Ownership[]): void {
    for (const { partition, history } of rows) {
      if (!history.every(({ foldVersion }) => isKnownFoldVersion(foldVersion))) continue;
      const { olderThan } = nextEntry(partition, history, this.#settings, 0);
      // One that ends when it is caught up may end before it takes anything over, where others warn.
      if (olderThan === undefined || !this.#settings.untilCaughtUp || !this.#scope.warnedOf.isNew(olderThan)) continue;
      const revision = revisionOf(this.#settings);
      this.#ports.observer.emit({ type: 'settings.older', partition, revision, newest: olderThan });
    }
  }

  #checkFacts(facts: TopicFacts): void {
    checkTopic(facts);
    checkClock(facts, this.#settings.decision, this.#settings.acceptClockRisk);
  }

  /** What is wrong with the sink's tables, if that explains the error; otherwise the error. */
  async #causeOf(error: unknown): Promise<unknown> {
    if (this.#ending.signal.aborted) return error;
    return (await wrongTablesBehind(error, this.#ports.sink)) ?? error;
  }

  /** Runs beside the work: it reads only metadata, and no partition waits for it. */
  async #lookForLosses(signal: AbortSignal): Promise<void> {
    const lost = await orAborted(this.#ports.sink.lostInBulk(), signal);
    if (lost !== undefined) throw lost;
  }

  async #work(): Promise<void> {
    const { log } = this.#ports;
    const { signal } = this.#ending;
    if (signal.aborted) return;
    const targets = this.#settings.untilCaughtUp
      ? await orAborted(topicTargets(this.#partitionCount, log), signal)
      : undefined;
    const looking = this.#lookForLosses(signal).catch((error: unknown) => {
      if (!signal.aborted) this.#end(exitFor(error));
    });
    const started = log.start({
      assigned: (partitions) => {
        this.#turn = this.#turn.then(() => this.#assign(partitions)).catch((error) => this.#end(exitFor(error)));
      },
      failed: (error) => this.#end(exitFor(error)),
    });
    await orAborted(started, signal);
    const watching = this.#watchTopic(signal);
    if (targets !== undefined) {
      await looking;
      await this.#untilCaughtUp(targets, signal);
    }
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await watching;
  }

  async #assign(partitions: readonly number[]): Promise<void> {
    if (this.#ending.signal.aborted) return;
    const unknown = partitions.find((partition) => partition >= this.#partitionCount);
    if (unknown !== undefined) throw partitionsAdded(this.#settings.topic, this.#partitionCount, unknown + 1);
    const wanted = new Set(partitions);
    const lost = [...this.#supervisors.keys()].filter((partition) => !wanted.has(partition));
    const gained = partitions.filter((partition) => !this.#supervisors.has(partition));
    this.#ports.observer.emit({ type: 'assignment.changed', partitions: [...partitions], gained, lost });
    const releasing = lost.map((partition) => this.#supervisors.get(partition)!.release());
    for (const partition of lost) this.#supervisors.delete(partition);
    await Promise.all(releasing);
    for (const partition of gained) {
      const supervisor = this.#supervise(partition);
      this.#supervisors.set(partition, supervisor);
      supervisor.start();
    }
    // The partitions that were still running may have been given to others.
    this.#wasAssigned = true;
    this.#endIfNothingGoesOn();
  }

  #supervise(partition: number): PartitionSupervisor {
    return new PartitionSupervisor({
      scope: this.#scope,
      partition,
      expected: this.#rowsAtStart.get(partition),
      onFatal: (error) => this.#end(exitFor(error)),
      onStopped: () => this.#endIfNothingGoesOn(),
    });
  }

  /** One stopped partition does not stop the others. A process ends when all its partitions are stopped. */
  #endIfNothingGoesOn(): void {
    const all = [...this.#supervisors.values()];
    const { error } = all[0] ?? {};
    if (error === undefined || all.some(({ phase }) => phase !== 'stopped')) return;
    this.#end({ exitCode: 65, why: `no partition can go on: ${error.code}: ${error.message}`, error });
  }

  async #watchTopic(signal: AbortSignal): Promise<void> {
    const { runtime, log } = this.#ports;
    const { topic, limits } = this.#settings;
    try {
      for (;;) {
        await runtime.sleep(limits.topicCheckIntervalMs, signal);
        const facts = await orAborted(log.facts(), signal);
        const { partitionCount } = facts;
        if (partitionCount !== this.#partitionCount) throw partitionsAdded(topic, this.#partitionCount, partitionCount);
        // Reports a changed setting of the topic before it makes payments late.
        this.#checkFacts(facts);
        const wrong = await orAborted(this.#ports.sink.wrongTables(), signal);
        if (wrong !== undefined) throw wrong;
      }
    } catch (error) {
      if (!signal.aborted) this.#end(exitFor(error));
    }
  }

  async #untilCaughtUp(targets: ReadonlyMap<number, number>, signal: AbortSignal): Promise<void> {
    const { runtime, sink, observer, log } = this.#ports;
    const { topic, limits } = this.#settings;
    const open = new Map(targets);
    const due = withOlderSettings(this.#rowsAtStart.values(), this.#settings);
    const startOffsets = new Map([...this.#rowsAtStart.values()].map((row) => [row.partition, row.startOffset]));
    while (!signal.aborted) {
      const asking = caughtUp(topic, open, this.#supervisors, sink, log, startOffsets);
      const found = await orAborted(asking, signal).catch((error: unknown) => {
        if (signal.aborted) return 'some' as const;
        throw error;
      });
      // A takeover that was stopped has not put our settings in force.
      const refused = [...due].map((partition) => this.#supervisors.get(partition)?.error).find((error) => error);
      const outcome = found === 'all' && refused !== undefined ? refused : found;
      if (outcome === 'all' && !this.#isTakingOver(due)) {
        const left = await orAborted(this.#notInForce(due), signal);
        if (left !== undefined) observer.emit({ type: 'log.warning', what: 'settings', detail: left });
        observer.emit({ type: 'processor.caught_up', partitions: targets.size });
        this.#end({ exitCode: 0, why: left === undefined ? 'caught up' : `caught up, but ${left}` });
        return;
      }
      if (outcome !== 'some' && outcome !== 'all') {
        this.#end({
          exitCode: 65,
          why: `partitions are stopped, all others are caught up: ${outcome.code}: ${outcome.message}`,
          error: outcome,
        });
        return;
      }
      await runtime.sleep(limits.caughtUpPollMs, signal).catch(() => {});
    }
  }

  /** Higher settings take effect with a takeover, also where there is no record to process. */
  #isTakingOver(due: ReadonlySet<number>): boolean {
    if (due.size === 0) return false;
    return (
      !this.#wasAssigned ||
      [...due].some((partition) => {
        const phase = this.#supervisors.get(partition)?.phase;
        return phase === 'taking_over' || phase === 'waiting';
      })
    );
  }

  /** Where our settings are not in force, though they are the higher ones: other processes have the partitions. */
  async #notInForce(due: ReadonlySet<number>): Promise<string | undefined> {
    if ([...due].every((partition) => this.#supervisors.get(partition)?.phase === 'running')) return undefined;
    const rows = await this.#ports.sink.readOwnership(this.#settings.topic);
    return notInForceText(withOlderSettings(rows, this.#settings), this.#settings);
  }

  #end(exit: ExitReport): void {
    if (this.#exit !== undefined) return;
    this.#exit = exit;
    this.#ports.observer.emit({ type: 'processor.stopping', why: inShort(exit) });
    this.#ending.abort(exit);
  }

  /** After an error nothing more is written; otherwise each partition gets a last checkpoint, within the limit. */
  async #shutDown(): Promise<void> {
    const { runtime, log } = this.#ports;
    await this.#turn;
    const cut = new AbortController();
    if (this.#exit?.exitCode !== 0 && this.#exit?.exitCode !== 65) cut.abort();
    const finished = new AbortController();
    const limit = runtime.sleep(this.#settings.limits.stopTimeoutMs, finished.signal).then(
      () => cut.abort(),
      () => {},
    );
    await Promise.all([...this.#supervisors.values()].map((supervisor) => supervisor.drain(cut.signal)));
    finished.abort();
    await limit;
    await log.stop();
    await this.#ports.state.close();
  }
}

function partitionsAdded(topic: string, known: number, found: number): ContradictionError {
  return new ContradictionError(
    'partition_count_changed',
    `topic ${topic} has ${found} partitions now and had ${known}: copies of a payment may be in two partitions. ` +
      'Nothing more was written. See the runbook, partition_count_changed.',
  );
}

/** A short form for `processor.stopping`: the full reason is in `processor.stopped`, once. */
function inShort({ exitCode, why, error }: ExitReport): string {
  if (error === undefined) return why;
  if (error instanceof ContradictionError) return error.code;
  if (exitCode === 64) return 'the configuration';
  return exitCode === 69 ? 'a service stayed unreachable' : 'a bug';
}

function exitFor(error: unknown): ExitReport {
  const thrown = error instanceof Error ? error : new Error(String(error));
  const why = thrown.message;
  if (thrown instanceof ConfigurationError) return { exitCode: 64, why, error: thrown };
  if (thrown instanceof ContradictionError) return { exitCode: 65, why: `${thrown.code}: ${why}`, error: thrown };
  if (thrown instanceof UnreachableError) return { exitCode: 69, why, error: thrown };
  return { exitCode: 70, why, error: thrown };
}
