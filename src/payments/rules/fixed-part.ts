/**
 * What rules may never change for a partition: the key, the sources and types of the five required roles, and the types of
 * columns. They decide which records are copies of each other, and what the rows that are there already mean. Pure.
 */
import type { SettingsEntry } from '../types.ts';
import { BUILT_IN_EVENT } from './built-in-event.ts';
import type { EventRules } from './rules.ts';
import { textDocument } from './rules-document.ts';

export interface FixedDifference {
  /** As `event.amount`. */
  readonly member: string;
  /** As it was when the partition was first seen, in the form of a rules file. */
  readonly before: string;
  readonly now: string;
}

type Settings = Pick<SettingsEntry, 'rules'>;

/** What differs from the first entry of a history, and the columns whose type any of its entries has otherwise. */
export function fixedDifferences(history: readonly Settings[], wanted: Settings): FixedDifference[] {
  const before = fixedMembers(history[0]?.rules?.rules.event ?? BUILT_IN_EVENT);
  const now = fixedMembers(wanted.rules?.rules.event ?? BUILT_IN_EVENT);
  const members = Object.keys(before)
    .filter((member) => before[member] !== now[member])
    .map((member) => ({ member, before: before[member]!, now: now[member]! }));
  return [...members, ...columnDifferences(history, wanted)];
}

function fixedMembers({ key, texts, amount, timestamp }: EventRules): Readonly<Record<string, string>> {
  const { transaction_id, sender_account_id, currency } = texts;
  const { path: currencyPath, const: constant, type } = textDocument(currency!);
  const { minorUnits: minor_units, decimalBytes: decimal_bytes } = amount;
  return {
    'event.key': shown(key),
    'event.transaction_id': shown(textDocument(transaction_id!)),
    'event.sender_account_id': shown(textDocument(sender_account_id!)),
    'event.amount': shown({ path: amount.path, minor_units, decimal_bytes }),
    'event.currency': shown(constant === undefined ? { path: currencyPath, type } : { const: constant }),
    'event.timestamp': shown({ path: timestamp.path, type: timestamp.type ?? 'epoch_ms' }),
  };
}

function columnDifferences(history: readonly Settings[], { rules }: Settings): FixedDifference[] {
  const typeOf = new Map(
    history.flatMap((entry) => entry.rules?.rules.columns ?? []).map(({ name, type }) => [name, type]),
  );
  return (rules?.rules.columns ?? []).flatMap(({ name, type }, index) => {
    const before = typeOf.get(name) ?? type;
    return before === type ? [] : [{ member: `columns.${index}.type (${name})`, before, now: type }];
  });
}

/** JSON, which is YAML too: it can be pasted into the file. */
function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
