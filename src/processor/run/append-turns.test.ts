import { describe, expect, it } from 'vitest';
import { RowObjects } from '../../payments/row-batch.ts';
import type { Checkpoint, PartitionWriter } from '../ports.ts';
import { AppendTurns } from './append-turns.ts';

const append = (writer: PartitionWriter): Promise<void> =>
  writer.append('payment_exceptions', { rows: new RowObjects([]), from: 0, to: 0 }, 1).landed;
const forever = new AbortController().signal;

/** A writer whose appends are settled by hand. */
function byHand(): { writer: PartitionWriter; settle: (error?: Error) => Promise<void> } {
  const open: PromiseWithResolvers<void>[] = [];
  const begin = (): Promise<void> => {
    const settled = Promise.withResolvers<void>();
    open.push(settled);
    return settled.promise;
  };
  return {
    writer: {
      append: () => ({ byteLength: 1, landed: begin() }),
      beginCheckpoint: () => begin,
      outlived: () => undefined,
      close: () => {},
    },
    settle: async (error) => {
      const first = open.shift()!;
      if (error === undefined) first.resolve();
      else first.reject(error);
      await first.promise.catch(() => {});
    },
  };
}

describe('turns to append', () => {
  it('come at once while fewer appends than the limit are in flight', () => {
    const turns = new AppendTurns(2);
    const { writer } = byHand();
    const counted = turns.counted(writer);
    const came: string[] = [];
    for (const name of ['first', 'second', 'third']) {
      turns.ask(() => {
        came.push(name);
        void append(counted);
      }, forever);
    }
    expect(came).toEqual(['first', 'second']);
    expect(turns.underWay).toBe(2);
  });

  it('come while fewer bytes than the limit are in flight, and again when bytes have landed', async () => {
    const turns = new AppendTurns(100, 2);
    const { writer, settle } = byHand();
    const counted = turns.counted(writer);
    const came: string[] = [];
    for (const name of ['first', 'second', 'third']) {
      turns.ask(() => {
        came.push(name);
        void append(counted);
      }, forever);
    }
    expect(came).toEqual(['first', 'second']);
    await settle();
    expect(came).toEqual(['first', 'second', 'third']);
  });

  it('come in the order in which they were asked for, when appends succeed and when they fail', async () => {
    const turns = new AppendTurns(1);
    const { writer, settle } = byHand();
    const counted = turns.counted(writer);
    const came: string[] = [];
    const failed: unknown[] = [];
    for (const name of ['first', 'second', 'third']) {
      turns.ask(() => {
        came.push(name);
        append(counted).catch((error: unknown) => failed.push(error));
      }, forever);
    }
    await settle();
    expect(came).toEqual(['first', 'second']);
    const lost = new Error('writer lost');
    await settle(lost);
    expect(came).toEqual(['first', 'second', 'third']);
    expect(failed).toEqual([lost]);
    await settle();
    expect(turns.underWay).toBe(0);
  });

  it('come to urgent ones before the others, and to each kind in its order', async () => {
    const turns = new AppendTurns(1);
    const { writer, settle } = byHand();
    const counted = turns.counted(writer);
    const came: string[] = [];
    const ask = (name: string, isUrgent: boolean): void => {
      const go = (): void => {
        came.push(name);
        void append(counted);
      };
      turns.ask(go, forever, isUrgent);
    };
    ask('in flight', false);
    ask('one that flows', false);
    ask('a first', true);
    ask('another that flows', false);
    ask('a second', true);
    for (let i = 0; i < 4; i++) await settle();
    expect(came).toEqual(['in flight', 'a first', 'a second', 'one that flows', 'another that flows']);
  });

  it('may begin several appends, or none, and then the next comes at once', () => {
    const turns = new AppendTurns(3);
    const counted = turns.counted(byHand().writer);
    let came = 0;
    const nothingToSend = (): void => {
      came += 1;
    };
    turns.ask(nothingToSend, forever);
    turns.ask(() => {
      for (let i = 0; i < 5; i++) void append(counted);
    }, forever);
    turns.ask(nothingToSend, forever);
    expect([came, turns.underWay]).toEqual([1, 5]);
  });

  it('count a checkpoint as an append, from when it is written', async () => {
    const turns = new AppendTurns(1);
    const { writer, settle } = byHand();
    const write = turns.counted(writer).beginCheckpoint();
    expect(turns.underWay).toBe(0);
    const written = write({} as Checkpoint);
    expect(turns.underWay).toBe(1);
    await settle();
    await written;
    expect(turns.underWay).toBe(0);
  });

  it('never come for a run that is over', async () => {
    const turns = new AppendTurns(1);
    const { writer, settle } = byHand();
    const counted = turns.counted(writer);
    turns.ask(() => void append(counted), forever);
    const run = new AbortController();
    const came: string[] = [];
    turns.ask(() => came.push('of the run that is over'), run.signal);
    turns.ask(() => came.push('of another'), forever);
    run.abort();
    await settle();
    expect(came).toEqual(['of another']);
  });
});
