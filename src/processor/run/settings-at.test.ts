import { describe, expect, it } from 'vitest';
import { DEFAULT_DECISION_SETTINGS } from '../../payments/settings.ts';
import type { SettingsEntry } from '../../payments/types.ts';
import { settingsByOffset } from './settings-at.ts';

function entry(fromOffset: number, watermarkDelayMs: number): SettingsEntry {
  return { fromOffset, foldVersion: 1, decision: { ...DEFAULT_DECISION_SETTINGS, watermarkDelayMs } };
}

describe('settings by offset', () => {
  it('covers each offset with the last entry at or below it', () => {
    const at = settingsByOffset([entry(5, 1), entry(10, 2), entry(20, 3)]);
    const delays = [5, 9, 10, 19, 20, 1_000, 7].map((offset) => at(offset).watermarkDelayMs);
    expect(delays).toEqual([1, 1, 2, 2, 3, 3, 1]);
  });

  it('takes the later of two entries at the same offset', () => {
    expect(settingsByOffset([entry(0, 1), entry(7, 2), entry(7, 3)])(7).watermarkDelayMs).toBe(3);
  });

  it('refuses an offset before the history', () => {
    expect(() => settingsByOffset([entry(5, 1)])(4)).toThrow(/no settings cover offset 4/);
  });
});
