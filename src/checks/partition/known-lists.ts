/**
 * The lists of payments that another pipeline had written, as the settings histories name them: read once, and held
 * against the number and the digest in the history. A list that is not the one that was seeded is a finding of G6:
 * partitions that started with it judge copies by what is no longer there.
 */
import type { FindingLists } from '../findings.ts';
import type { KnownCells, KnownListFacts, OwnershipFacts, TablesSnapshot } from '../inputs/verify-inputs.ts';
import { listDigest } from '../oracle/known-elsewhere.ts';

export type KnownLists = ReadonlyMap<string, readonly KnownCells[]>;

export async function knownLists(
  ownership: readonly OwnershipFacts[],
  tables: TablesSnapshot,
  findings: FindingLists,
): Promise<KnownLists> {
  const lists = new Map<string, KnownListFacts>();
  for (const { history } of ownership)
    for (const { generation } of history)
      if (generation?.known !== undefined) lists.set(JSON.stringify(generation.known), generation.known);
  requireOneList(ownership, findings);
  const read = new Map<string, readonly KnownCells[]>();
  for (const { list, fromMs, count, digest } of lists.values()) {
    const rows = await tables.known(list, fromMs);
    read.set(list, rows ?? []);
    const found = rows === undefined ? 'no table known_payments' : `${rows.length} payments, ${listDigest(rows)}`;
    const expected = `${count} payments, ${digest}`;
    if (found === expected) continue;
    findings.add('G6', {
      kind: 'known_list_differs',
      partition: null,
      offsets: [],
      transactionIds: [],
      expected,
      actual: found,
      message: `known_payments does not have list ${list} as it was seeded: rows were changed or deleted`,
    });
  }
  return read;
}

/** What was known at the start stays known to every partition, also to those that are added later. */
function requireOneList(ownership: readonly OwnershipFacts[], findings: FindingLists): void {
  const named = ownership.flatMap(({ partition, history }) =>
    history.flatMap(({ generation }) =>
      generation === undefined ? [] : [{ partition, list: generation.known?.list ?? 'none' }],
    ),
  );
  const [first] = named;
  const other = named.find(({ list }) => list !== first?.list);
  if (first === undefined || other === undefined) return;
  findings.add('G6', {
    kind: 'known_list_differs',
    partition: other.partition,
    offsets: [],
    transactionIds: [],
    expected: first.list,
    actual: other.list,
    message: `settings_history names list ${other.list} of known_payments, and partition ${first.partition} list ${first.list}`,
  });
}
