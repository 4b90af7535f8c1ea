/** One partition with a record of every kind, and what `verify` makes of a history, in the words that tests compare. */
import { GUARANTEES, type Guarantee } from '../findings.ts';
import type { TopicRecord } from '../inputs/verify-inputs.ts';
import { verify } from '../verify.ts';
import { event, inputsOf, type PartitionHistory, record } from './history.ts';

/** Ten payments a minute apart, a copy of one of them, one with another amount, a late one and one that is no JSON. */
export function records(): TopicRecord[] {
  const payments = Array.from({ length: 10 }, (_, minute) =>
    event(`p${minute}`, minute, { amount: `${100 + minute}.5`, sender_account_id: minute % 2 ? 'alice' : 'carol' }),
  );
  const copy = payments[9]!;
  const specials = [copy, { ...copy, amount: '7' }, event('old', 1), '{"transaction_id":'];
  return [...payments, ...specials].map((value, offset) => record(offset, value));
}

/** The kinds of what is found, by the guarantee that it breaks. */
export async function found(history: PartitionHistory): Promise<Record<Guarantee, string[]>> {
  const { guarantees } = await verify(inputsOf(history));
  const kinds = GUARANTEES.map((name) => [name, guarantees[name].findings.map(({ kind }) => kind)] as const);
  return Object.fromEntries(kinds) as Record<Guarantee, string[]>;
}

export async function verdictOf(history: PartitionHistory): Promise<string> {
  return (await verify(inputsOf(history))).verdict;
}
