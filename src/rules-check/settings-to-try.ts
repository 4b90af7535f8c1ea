/** Settings as the fold uses them, for rules that no dataset has yet. Pure. */
import type { Rules } from '../payments/rules/rules.ts';
import {
  type CompiledSettings,
  compileSettings,
  DEFAULT_DECISION_SETTINGS,
  RULES_FOLD_VERSION,
} from '../payments/settings.ts';
import type { DecisionSettings } from '../payments/types.ts';

/** By the rules, and by the same rules with `key: any` for records whose key is not known. */
export function settingsToTry(
  decided: Partial<DecisionSettings>,
  rules?: Rules,
): { readonly settings: CompiledSettings; readonly withoutKey: CompiledSettings } {
  const decision = { ...DEFAULT_DECISION_SETTINGS, ...decided };
  if (rules === undefined) {
    const settings = compileSettings(decision);
    return { settings, withoutKey: settings };
  }
  const withRules = { ...decision, fraud: rules.fraud };
  const withoutKey: Rules = { ...rules, event: { ...rules.event, key: 'any' } };
  return {
    settings: compileSettings(withRules, RULES_FOLD_VERSION, rules),
    withoutKey: compileSettings(withRules, RULES_FOLD_VERSION, withoutKey),
  };
}
