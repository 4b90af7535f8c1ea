/**
 * Draws mutants: statements by chance, the same number from each room, and one mutant of each statement. Chance is a hash
 * of the seed and the id, so that a larger sample holds the smaller one, and an edit of one statement leaves the rest.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { filesOf, type Room } from './mutable-places.ts';
import { mutantsOf, type SampledMutant } from './mutants-of.ts';

export interface Drawn extends SampledMutant {
  readonly room: Room;
}

export interface RoomOfMutants {
  readonly room: Room;
  readonly mutants: readonly SampledMutant[];
}

export function mutantsOfRoom(room: Room, root: string): RoomOfMutants {
  const files = filesOf(room, root);
  return { room, mutants: files.flatMap((file) => mutantsOf(file, readFileSync(path.join(root, file), 'utf8'))) };
}

/**
 * At least `count` in all: equal shares, rounded up. A room that has fewer statements than its share gives all of them.
 * Rooms take turns in the answer, so that a run that is broken off has done as much of each.
 */
export function drawSample(rooms: readonly RoomOfMutants[], count: number, seed: number): Drawn[] {
  const share = Math.ceil(count / rooms.length);
  const drawn = rooms.map(({ room, mutants }) =>
    onePerStatement(mutants, seed)
      .slice(0, share)
      .map((mutant): Drawn => ({ room, ...mutant })),
  );
  return Array.from({ length: share }, (_, nth) => drawn.flatMap((ofRoom) => ofRoom[nth] ?? [])).flat();
}

export function statementsOf(mutants: readonly SampledMutant[]): number {
  return Map.groupBy(mutants, statementKey).size;
}

function onePerStatement(mutants: readonly SampledMutant[], seed: number): SampledMutant[] {
  const chance = (mutant: SampledMutant): string => createHash('sha256').update(`${seed}\0${mutant.id}`).digest('hex');
  // The order of statements must not favour those of many mutants: it is that of another hash than the one which chooses.
  const statements = [...Map.groupBy(mutants, statementKey).values()].map((group) => {
    const ids = group.map(({ id }) => id).sort();
    const turn = createHash('sha256').update(`${seed}\0${ids.join()}`).digest('hex');
    return { turn, chosen: group.toSorted((a, b) => (chance(a) < chance(b) ? -1 : 1))[0]! };
  });
  return statements.sort((a, b) => (a.turn < b.turn ? -1 : 1)).map(({ chosen }) => chosen);
}

function statementKey({ file, statementStart }: SampledMutant): string {
  return `${file}:${statementStart}`;
}
