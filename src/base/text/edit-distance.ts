/** How far two names are apart, for `did you mean`. Pure. */

/** From this length on, two letters may be wrong. */
const LONG = 12;

/** The number of letters that may be wrong in a name that is still taken for another. */
export function tolerance(name: string): number {
  return name.length < LONG ? 1 : 2;
}

/** The nearest of the names within the tolerance; of names that are equally near, the first. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  const most = tolerance(name);
  let best: string | undefined;
  let bestDistance = most + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const distance = editDistance(name, candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Number of letters to insert, remove, change or swap with their neighbour (optimal string alignment). */
export function editDistance(left: string, right: string): number {
  let before: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const isSame = left[row - 1] === right[column - 1];
      let distance = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (isSame ? 0 : 1));
      const isSwapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (row > 1 && column > 1 && isSwapped) distance = Math.min(distance, before[column - 2]! + 1);
      current.push(distance);
    }
    [before, last] = [last, current];
  }
  return last[right.length]!;
}
