/** Bugs of the append client: what a lost answer, a resend and an acknowledgement mean. */
import type { Mutant } from '../mutant.ts';

const STREAM = 'src/sinks/bigquery/write/append-stream.ts';

export const WRITING_MUTANTS: readonly Mutant[] = [
  {
    name: 'done-when-sent',
    what: 'counts an append as done when it is sent',
    guarantee: 'G1',
    anomaly: 'lost',
    why: 'a checkpoint covers rows that never arrived',
    family: 'appends',
    patches: [
      {
        file: STREAM,
        in: 'AppendStream.#send',
        find: 'if (this.#sentCount === 1) this.#startTimer();',
        replace: `if (this.#sentCount === 1) this.#startTimer();
    entry.resolve();`,
      },
    ],
  },
  {
    name: 'resend-at-new-offset',
    what: 'sends again, after a reconnect, at offsets past those that were sent before',
    guarantee: 'G1',
    anomaly: 'row_twice',
    why: 'where only the answers were lost, the rows are there twice',
    family: 'appends',
    patches: [
      {
        file: STREAM,
        in: 'AppendStream.#reconnect',
        find: 'for (let i = 0; i < this.#sentCount; i++) this.#entries[i]!.wasSent = true;',
        replace: `for (let i = 0; i < this.#sentCount; i++) this.#entries[i]!.wasSent = true;
    const shift = this.#sentEndOffset - (this.#entries[0]?.offset ?? this.#sentEndOffset);
    for (const entry of this.#entries) entry.offset += shift;
    this.#nextOffset += shift;`,
      },
    ],
  },
  {
    name: 'resend-wrong-request',
    what: 'sends the bytes of the newest request, after a reconnect, where the oldest should be',
    guarantee: 'G1',
    anomaly: 'lost',
    why: 'one set of rows is there twice and another not at all',
    family: 'appends',
    patches: [
      {
        file: STREAM,
        in: 'AppendStream.#send',
        find: 'payload: entry.rows.payload',
        replace: 'payload: (entry.wasSent ? this.#entries.at(-1)! : entry).rows.payload',
      },
    ],
  },
  {
    name: 'oldest-taken-as-arrived',
    what: 'takes the oldest unanswered request as arrived when its connection is lost',
    guarantee: 'G1',
    anomaly: 'lost',
    why: 'where it was the request that was lost, its rows are missing below a checkpoint',
    family: 'appends',
    patches: [
      {
        file: STREAM,
        in: 'AppendStream.#reconnect',
        find: 'for (let i = 0; i < this.#sentCount; i++) this.#entries[i]!.wasSent = true;',
        replace: `for (let i = 0; i < this.#sentCount; i++) this.#entries[i]!.wasSent = true;
    if (this.#sentCount > 0) this.#entries.shift()!.resolve();`,
      },
    ],
  },
  {
    name: 'ack-of-all-sent',
    what: 'takes one answer as the answer to every request that was sent',
    guarantee: 'G1',
    anomaly: 'lost',
    why: 'later requests count as arrived that are still on their way, or lost',
    family: 'appends',
    patches: [
      {
        file: STREAM,
        in: 'AppendStream.#acknowledge',
        find: 'entry.resolve();',
        replace: `entry.resolve();
for (const sent of this.#entries.slice(0, this.#sentCount)) sent.resolve();`,
      },
    ],
  },
  {
    name: 'refusal-is-success',
    what: 'takes any answer that is not a row error as an acknowledgement',
    guarantee: 'G1',
    anomaly: 'lost',
    why: 'an append that was refused (finalized, out of range, quota) counts as done',
    family: 'appends',
    patches: [
      {
        file: STREAM,
        in: 'AppendStream.#judgeAnswer',
        find: 'if (answer.error !== undefined) return this.#judgeFailure(answer.error, entry, true);',
        replace: "if (answer.error !== undefined) return { kind: 'acknowledged' };",
      },
    ],
  },
  {
    name: 'appends-given-back-when-sent',
    what: 'gives the memory of an append back when it is sent, before it is acknowledged',
    guarantee: 'G1',
    anomaly: 'lost',
    why: 'what is sent again after a lost connection is what lies in that memory by then',
    family: 'appends',
    patches: [
      {
        file: STREAM,
        in: 'AppendStream.#send',
        find: 'this.#call.write($REQUEST);',
        replace: `this.#call.write($REQUEST);
entry.rows.lease?.release();`,
      },
    ],
  },
  {
    name: 'records-given-back-unfolded',
    what: 'gives the memory of fetched records back before they are folded',
    guarantee: 'G6',
    anomaly: 'another_log',
    why: 'what is folded is what lies in that memory by then, so that the topic seems to be another one',
    family: 'swarm',
    patches: [
      {
        file: 'src/processor/run/partition-run.ts',
        in: 'PartitionRun.#foldUntilDrained',
        find: 'await this.#take(answer, ended, reading);',
        replace: `answer.lease?.release();
await this.#take(answer, ended, reading);`,
      },
    ],
  },
];
