/**
 * RULES_FILE and what stands beside it: the rules of a topic, or the built-in event and the revision of its settings. Every
 * problem is found before anything is touched.
 */
import { readFileSync, statSync } from 'node:fs';
import { ConfigurationError } from '../../base/errors.ts';
import { FRAUD_MEMBERS } from '../../payments/rules/fraud-document.ts';
import { EVENT_FORMATS, type LoadedRules, type Rules } from '../../payments/rules/rules.ts';
import { loadedRules, MAX_RULES_BYTES } from '../../payments/rules/rules-document.ts';
import { compileEntry, DEFAULT_DECISION_SETTINGS } from '../../payments/settings.ts';
import type { DecisionSettings } from '../../payments/types.ts';
import { entryOf } from '../../processor/takeover/next-entry.ts';
import { readRules } from '../../rules/read-rules.ts';
import { fileProblem } from './file-problem.ts';
import { type EffectiveSetting, type Environment, type Flags, parseSettings } from './parse-settings.ts';
import { optional, type Values } from './setting.ts';
import { choice, integer, text } from './setting-kinds.ts';
import { DECISION_SETTINGS } from './settings-table.ts';

/** Which rules decide what a record becomes. */
export const RULES_SETTINGS = {
  rulesFile: optional(
    'RULES_FILE',
    text,
    'YAML or JSON file that says where your records have their payments, and by which fraud rules they are scored. Default: the built-in event.',
  ),
  settingsRevision: optional(
    'SETTINGS_REVISION',
    integer(0, 1_000_000_000),
    'Without RULES_FILE, which has a revision of its own: raise it with every change of a setting that decides records. Default: 0.',
  ),
  eventFormat: optional(
    'EVENT_FORMAT',
    choice(...EVENT_FORMATS),
    'The format is event.format of RULES_FILE; if this is set, it must be the same. Without RULES_FILE: json.',
  ),
} as const;

export interface RulesConfig {
  /** Of the rules, or SETTINGS_REVISION without them. */
  readonly revision: number;
  readonly file?: string;
  readonly rules?: LoadedRules;
}

type RulesValues = Values<typeof RULES_SETTINGS>;

/** Problems, one line each, or the rules. `effective`: of all settings, to find fraud rules that are set twice. */
export function rulesConfig(
  { rulesFile, settingsRevision = 0, eventFormat }: RulesValues,
  effective: readonly EffectiveSetting[],
): RulesConfig | readonly string[] {
  if (rulesFile === undefined) {
    if (eventFormat === undefined || eventFormat === 'json') return { revision: settingsRevision };
    return [
      `EVENT_FORMAT is ${eventFormat}, and RULES_FILE is not set: records in ${eventFormat} need a rules file, which says where they have ` +
        'their payments. Propose one with `provenonce rules init --from-topic`',
    ];
  }
  const problems = settingsBeside(effective);
  try {
    const rules = rulesOfFile(rulesFile);
    const { format } = rules.event;
    if (eventFormat !== undefined && eventFormat !== format)
      problems.push(
        `EVENT_FORMAT is ${eventFormat}, and event.format in ${rulesFile} is ${format}: unset EVENT_FORMAT`,
      );
    if (problems.length === 0) return { revision: rules.revision, file: rulesFile, rules: loadedRules(rules) };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    problems.push(...error.problems);
  }
  return problems;
}

/** For commands that need the rules alone: undefined without RULES_FILE. Throws ConfigurationError. */
export function parseRules(env: Environment, flags: Flags): LoadedRules | undefined {
  const { values, problems } = parseSettings(RULES_SETTINGS, env, flags);
  if (values === undefined) throw new ConfigurationError(problems);
  const config = rulesConfig(values, parseSettings({ ...RULES_SETTINGS, ...DECISION_SETTINGS }, env, flags).effective);
  if (!('revision' in config)) throw new ConfigurationError(config);
  return config.rules;
}

/** Throws ConfigurationError with a line for each mistake. */
export function rulesOfFile(file: string): Rules {
  const read = readRules(textOf(file), file);
  if (!Array.isArray(read)) {
    requireUsable(file, read);
    return read;
  }
  throw new ConfigurationError(read.map((mistake) => mistake.text));
}

/** The decision settings with the fraud rules of the file, if there is one. */
export function withRules(decision: DecisionSettings, { rules }: RulesConfig): DecisionSettings {
  return rules === undefined ? decision : { ...decision, fraud: rules.rules.fraud };
}

/** What the file says itself. */
function settingsBeside(effective: readonly EffectiveSetting[]): string[] {
  return effective
    .filter(({ origin }) => origin === 'env' || origin === 'flag')
    .flatMap(({ setting, origin }) => {
      const name = origin === 'flag' ? `--${setting.flag}` : setting.env;
      const takeOut = origin === 'flag' ? 'leave out' : 'unset';
      const member = FRAUD_MEMBERS[setting.env];
      if (member !== undefined)
        return [
          `${name} and RULES_FILE are both set: the file has it as ${member}. Write it there, and ${takeOut} ${name}`,
        ];
      if (setting.env !== 'SETTINGS_REVISION') return [];
      return [`${name} and RULES_FILE are both set: the file has a revision of its own: ${takeOut} ${name}`];
    });
}

function textOf(file: string): string {
  try {
    const { size } = statSync(file);
    if (size > MAX_RULES_BYTES)
      throw new Error(`it has ${size} bytes, and a rules file has at most ${MAX_RULES_BYTES} (64 KiB)`);
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    const why = error instanceof TypeError ? 'it is not UTF-8' : fileProblem(error);
    throw new ConfigurationError([`${file}: cannot be read: ${why}`]);
  }
}

/** What reading a file cannot see, compiling its rules does. */
function requireUsable(file: string, rules: Rules): void {
  const decision: DecisionSettings = { ...DEFAULT_DECISION_SETTINGS, fraud: rules.fraud };
  try {
    compileEntry(entryOf({ revision: rules.revision, decision, rules: loadedRules(rules) }, 0));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ConfigurationError([`${file}: ${error.message}`]);
  }
}
