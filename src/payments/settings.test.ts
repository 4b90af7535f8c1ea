import { describe, expect, it } from 'vitest';
import {
  compileEntry,
  compileSettings,
  DEFAULT_DECISION_SETTINGS,
  defaultFixedSettings,
  RULES_FOLD_VERSION,
  resolveEntry,
  sameDecisionSettings,
} from './settings.ts';
import { rules } from './testing/rules-fixture.ts';
import type { SettingsEntry } from './types.ts';

const entry = (fromOffset: number): SettingsEntry => ({
  fromOffset,
  foldVersion: 1,
  decision: DEFAULT_DECISION_SETTINGS,
});

describe('settings', () => {
  it('the minimum event time is a whole UTC day, nine years back', () => {
    const { minEventTimeMs } = defaultFixedSettings(Date.UTC(2026, 10, 22, 17, 30));
    expect(new Date(minEventTimeMs).toISOString()).toBe('2017-11-24T00:00:00.000Z');
  });

  it('defaults cannot be changed by accident, at any depth', () => {
    expect(Object.isFrozen(DEFAULT_DECISION_SETTINGS.fraud.regionPoints)).toBe(true);
    expect(Object.isFrozen(compileSettings(DEFAULT_DECISION_SETTINGS))).toBe(true);
  });

  it('the last entry at or below an offset covers it', () => {
    const history = [entry(10), entry(20), { ...entry(20), foldVersion: 2 }];
    expect(resolveEntry(history, 10)).toBe(history[0]);
    expect(resolveEntry(history, 19)).toBe(history[0]);
    expect(resolveEntry(history, 20)).toBe(history[2]);
    expect(() => resolveEntry(history, 9)).toThrow('no settings entry covers offset 9; the history starts at 10');
  });

  it('are the same by value, in any order of members', () => {
    const { fraud, ...rest } = structuredClone(DEFAULT_DECISION_SETTINGS);
    const regionPoints = Object.fromEntries(Object.entries(fraud.regionPoints).reverse());
    expect(sameDecisionSettings({ fraud: { ...fraud, regionPoints }, ...rest }, DEFAULT_DECISION_SETTINGS)).toBe(true);
    for (const changed of [
      { ...rest, fraud, watermarkDelayMs: 1 },
      { ...rest, fraud: { ...fraud, regionPoints: { ...regionPoints, africa: 11 } } },
      { ...rest, fraud: { ...fraud, regionPoints: { ...regionPoints, mars: 1 } } },
    ]) {
      expect(sameDecisionSettings(changed, DEFAULT_DECISION_SETTINGS)).toBe(false);
    }
  });

  it.each([
    [{ watermarkDelayMs: -1 }, 'watermarkDelayMs: -1'],
    [{ allowedSkewMs: 0.5 }, 'allowedSkewMs: 0.5'],
    [{ maxAmount: '0' }, 'maxAmount: 0'],
    [{ maxAmount: '1e9' }, 'maxAmount: "1e9"'],
    [{ maxAmount: '1'.padEnd(30, '0') }, 'maxAmount: 1'],
  ])('%j is refused by name', (changes, message) => {
    expect(() => compileSettings({ ...DEFAULT_DECISION_SETTINGS, ...changes })).toThrow(message);
  });

  it('an entry with rules is compiled with them, one without reads the built-in event', () => {
    const loaded = { revision: 1, sha256: '0'.repeat(64), text: '', rules: rules() };
    expect(compileEntry({ ...entry(0), foldVersion: RULES_FOLD_VERSION, rules: loaded }).mapping?.format).toBe('json');
    expect(compileEntry(entry(0)).mapping).toBeNull();
  });

  it('an older fold version has no rules', () => {
    expect(() => compileSettings(DEFAULT_DECISION_SETTINGS, 2, rules())).toThrow('foldVersion: 2 has no rules');
  });
});
