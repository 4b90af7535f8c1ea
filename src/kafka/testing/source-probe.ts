/**
 * A log source under test that records everything it reports, and readers that check the port's promises for every
 * answer.
 */
import { expect } from 'vitest';
import { systemRuntime } from '../../base/system-runtime.ts';
import type { FetchAnswer, PartitionReader } from '../../processor/ports.ts';
import { KafkaLogSource } from '../kafka-log-source.ts';
import type { KafkaLogOptions } from '../source-options.ts';
import { connection } from './broker.ts';

export class SourceProbe implements AsyncDisposable {
  readonly source: KafkaLogSource;
  /** Every assignment, in order. */
  readonly assignments: (readonly number[])[] = [];
  readonly failures: Error[] = [];
  readonly waits: string[] = [];
  readonly commitFailures: string[] = [];
  /** Duration of the silence at each reported loss of the session, ms. */
  readonly sessionsLost: number[] = [];

  constructor(options: Partial<KafkaLogOptions> & { topic: string; groupId: string }) {
    this.source = new KafkaLogSource(
      {
        connection: connection(),
        sessionTimeoutMs: 6_000,
        heartbeatIntervalMs: 300,
        rebalanceTimeoutMs: 6_000,
        onWaiting: ({ what, error }) => this.waits.push(`${what}: ${error}`),
        onSessionLost: (silentMs) => this.sessionsLost.push(silentMs),
        onCommitFailed: (_partition, _next, error) => this.commitFailures.push(error),
        ...options,
      },
      systemRuntime,
    );
  }

  static async joined(options: Partial<KafkaLogOptions> & { topic: string; groupId: string }): Promise<SourceProbe> {
    const probe = new SourceProbe(options);
    await probe.start();
    await eventually(() => probe.assignments.length > 0 || probe.failures.length > 0);
    expect(probe.failures).toEqual([]);
    return probe;
  }

  start(): Promise<void> {
    return this.source.start({
      assigned: (partitions) => this.assignments.push(partitions),
      failed: (error) => this.failures.push(error),
    });
  }

  get assigned(): readonly number[] {
    return this.assignments.at(-1) ?? [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.source.stop();
  }
}

/** Reads until every record below `completeTo` is in. Fails if an answer does not follow the one before. */
export async function readTo(reader: PartitionReader, from: number, completeTo: number): Promise<FetchAnswer[]> {
  const answers: FetchAnswer[] = [];
  for (let next = from; next < completeTo; ) {
    const answer = await readOne(reader);
    expect(answer.askedFrom, 'an answer that does not follow on the one before').toBe(next);
    for (const { offset } of answer.records) {
      expect(offset >= answer.askedFrom && offset < answer.completeTo, `offset ${offset}`).toBe(true);
    }
    next = answer.completeTo;
    answers.push(answer);
  }
  return answers;
}

export function readOne(reader: PartitionReader, withinMs = 30_000): Promise<FetchAnswer> {
  return reader.read(AbortSignal.timeout(withinMs));
}

export function values(answers: readonly FetchAnswer[]): string[] {
  return answers.flatMap(({ records }) => records.map(({ value }) => value?.toString() ?? ''));
}

export function numbered(count: number, label = 'm', from = 0): string[] {
  return Array.from({ length: count }, (_, i) => `${label}-${from + i}`);
}

export async function eventually(holds: () => boolean | Promise<boolean>, withinMs = 40_000): Promise<void> {
  const deadlineMs = systemRuntime.nowMs() + withinMs;
  while (!(await holds())) {
    if (systemRuntime.nowMs() > deadlineMs) throw new Error(`did not come within ${withinMs} ms: ${holds.toString()}`);
    await systemRuntime.sleep(25);
  }
}
