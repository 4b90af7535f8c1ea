import { describe, expect, it } from 'vitest';
import { drawSample, mutantsOfRoom, type RoomOfMutants, statementsOf } from './draw-sample.ts';
import { mutantsOf } from './mutants-of.ts';
import { ROOT } from './run-sample.ts';

/** A file with this number of statements, each with more than one mutant. */
function roomOf(room: RoomOfMutants['room'], statements: number): RoomOfMutants {
  const source = Array.from({ length: statements }, (_, at) => `if (a${at} > 1) b${at}(c, d);`).join('\n');
  return { room, mutants: mutantsOf(`src/${room}/made.ts`, source) };
}

const rooms = [roomOf('payments', 60), roomOf('checks', 40), roomOf('local-state', 3)];
const ids = (count: number, seed: number): string[] => drawSample(rooms, count, seed).map(({ id }) => id);

describe('a sample', () => {
  it('is the same for the same seed, and another one for another', () => {
    expect(ids(30, 1)).toEqual(ids(30, 1));
    expect(ids(30, 1)).not.toEqual(ids(30, 2));
  });

  it('has equal shares of each room, and all of a room that has less', () => {
    const drawn = Map.groupBy(drawSample(rooms, 30, 1), ({ room }) => room);
    // Each statement of these is two: the condition and the call.
    expect(new Map([...drawn].map(([room, { length }]) => [room, length]))).toEqual(
      new Map([
        ['payments', 10],
        ['checks', 10],
        ['local-state', 6],
      ]),
    );
  });

  it('has one mutant of a statement at most', () => {
    const drawn = drawSample(rooms, 1_000, 1);
    expect(statementsOf(drawn)).toBe(drawn.length);
    expect(drawn).toHaveLength(206);
  });

  it('holds each smaller one of the same seed', () => {
    expect(new Set(ids(60, 5))).toEqual(new Set([...ids(60, 5), ...ids(20, 5)]));
  });

  it('takes turns: what is done first is of all rooms', () => {
    expect(
      new Set(
        drawSample(rooms, 30, 1)
          .slice(0, 3)
          .map(({ room }) => room),
      ).size,
    ).toBe(3);
  });

  it('finds what to change in a room of the code, and nothing in its tests', () => {
    const { mutants } = mutantsOfRoom('local-state', ROOT);
    expect(statementsOf(mutants)).toBeGreaterThan(300);
    expect(mutants.filter(({ file }) => /test|testing|fixture|samples/.test(file))).toEqual([]);
    expect(new Set(mutants.map(({ id }) => id)).size).toBe(mutants.length);
  });
});
