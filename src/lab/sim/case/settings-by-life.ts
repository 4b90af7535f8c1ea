/**
 * The settings of each life of a plan, with their revisions: other settings than before need a higher revision. Settings that are
 * the same have the same revision, and those that the plan names later have a higher one. Lives that it does not name have
 * revision 0. Pure.
 */
import type { DecisionSettings } from '../../../payments/types.ts';

export interface SettingsByLife {
  readonly decision: (owner: string) => Partial<DecisionSettings>;
  readonly revision: (owner: string) => number;
}

export function settingsByLife(decisions: Readonly<Record<string, Partial<DecisionSettings>>> = {}): SettingsByLife {
  const contents = [...new Set(Object.values(decisions).map((decision) => JSON.stringify(decision)))];
  return {
    decision: (owner) => decisions[owner] ?? {},
    revision: (owner) => (owner in decisions ? 1 + contents.indexOf(JSON.stringify(decisions[owner])) : 0),
  };
}
