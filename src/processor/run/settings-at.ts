/** Which settings fold which record: the settings history, compiled once, asked for every record. */

import { assert } from '../../base/errors.ts';
import { type CompiledSettings, compileEntry } from '../../payments/settings.ts';
import type { SettingsEntry } from '../../payments/types.ts';

/** The settings that cover an offset: of the entries at or below it, the last. Fast for offsets that rise. */
export function settingsByOffset(history: readonly SettingsEntry[]): (offset: number) => CompiledSettings {
  assert(history.length > 0, 'a settings history is never empty');
  const compiled = history.map((entry) => compileEntry(entry));
  let from = 0;
  let until = -1;
  let current = compiled[0]!;
  return (offset) => {
    if (offset >= from && offset < until) return current;
    const index = history.findLastIndex((entry) => entry.fromOffset <= offset);
    assert(index >= 0, `no settings cover offset ${offset}: the history starts at ${history[0]!.fromOffset}`);
    from = history[index]!.fromOffset;
    until = Math.min(...history.slice(index + 1).map((entry) => entry.fromOffset), Number.POSITIVE_INFINITY);
    current = compiled[index]!;
    return current;
  };
}
