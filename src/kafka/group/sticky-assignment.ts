/**
 * Assigns partitions to members: balanced, and with as few moves as balance allows, since every move is a takeover at
 * the sink. Pure: the same members and claims give the same result in any order.
 */

export interface Member {
  readonly memberId: string;
  /** The partitions that it claims to work on. */
  readonly owned: readonly number[];
  /** Group generation of that claim, -1 if unknown: of two claims on a partition the newer one counts. */
  readonly generation: number;
}

/** Every partition goes to exactly one member; counts differ by at most one. Empty if there is no member. */
export function assignSticky(members: readonly Member[], partitions: readonly number[]): Map<string, number[]> {
  const kept = keepClaims(members, partitions);
  const order = members
    .map(({ memberId }) => memberId)
    // The largest current owners get the larger shares, so they can keep what they have.
    .sort((a, b) => (kept.get(b)?.length ?? 0) - (kept.get(a)?.length ?? 0) || compare(a, b));
  const base = Math.floor(partitions.length / Math.max(1, order.length));
  const larger = partitions.length - base * order.length;

  const assigned = new Map<string, number[]>();
  const taken = new Set<number>();
  for (const [rank, memberId] of order.entries()) {
    const keeps = (kept.get(memberId) ?? []).slice(0, base + (rank < larger ? 1 : 0));
    for (const partition of keeps) taken.add(partition);
    assigned.set(memberId, keeps);
  }
  const free = ascending(partitions).filter((partition) => !taken.has(partition));
  for (const [rank, memberId] of order.entries()) {
    const share = assigned.get(memberId) ?? [];
    share.push(...free.splice(0, base + (rank < larger ? 1 : 0) - share.length));
    share.sort((a, b) => a - b);
  }
  return assigned;
}

/** The valid claims, by member, ascending. */
function keepClaims(members: readonly Member[], partitions: readonly number[]): Map<string, number[]> {
  const known = new Set(partitions);
  const winners = new Map<number, Member>();
  for (const member of members) {
    for (const partition of member.owned) {
      if (!known.has(partition)) continue;
      const other = winners.get(partition);
      if (other === undefined || wins(member, other)) winners.set(partition, member);
    }
  }
  const kept = new Map<string, number[]>();
  for (const partition of ascending(partitions)) {
    const winner = winners.get(partition);
    if (winner === undefined) continue;
    const list = kept.get(winner.memberId) ?? [];
    list.push(partition);
    kept.set(winner.memberId, list);
  }
  return kept;
}

function wins(a: Member, b: Member): boolean {
  return a.generation !== b.generation ? a.generation > b.generation : compare(a.memberId, b.memberId) < 0;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function ascending(partitions: readonly number[]): number[] {
  return partitions.toSorted((a, b) => a - b);
}
