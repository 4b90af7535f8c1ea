/** Output for people, made from the table: commander flags, the text of `config`, and the documentation. */
import type { Command } from 'commander';
import { complain } from '../print.ts';
import { findMisspelt, knownVariables, misspeltText } from './misspelt.ts';
import type { EffectiveSetting } from './parse-settings.ts';
import { ALL_SETTINGS } from './process-config.ts';
import { fileNamesOf } from './secret-file.ts';
import type { Setting, SettingsTable } from './setting.ts';

const KNOWN = knownVariables(ALL_SETTINGS);

/**
 * Adds a flag per setting, without defaults: an absent flag must not hide the environment. Before the command begins it
 * warns of variables that look like misspelt settings of any command.
 */
export function addFlags(command: Command, table: SettingsTable): Command {
  for (const setting of Object.values(table)) {
    const value = isSwitch(setting) ? '[true|false]' : '<value>';
    command.option(`--${setting.flag} ${value}`, `${setting.description} (${setting.env}${shownDefault(setting)})`);
    if (setting.secret) {
      const { env, flag } = fileNamesOf(setting);
      command.option(`--${flag} <path>`, `${fileDescription(setting)} (${env})`);
    }
  }
  return command.hook('preAction', () => {
    for (const one of findMisspelt(process.env, KNOWN)) complain(misspeltText(one));
  });
}

export interface ShownSetting {
  readonly name: string;
  /** Masked if it is a secret; null if unset. */
  readonly value: string | null;
  readonly origin: EffectiveSetting['origin'];
}

/** For `config --json` and its table. */
export function showEffective(effective: readonly EffectiveSetting[]): ShownSetting[] {
  return effective.map(({ setting, origin, shown }) => ({ name: setting.env, value: shown ?? null, origin }));
}

/** A Markdown table of all settings. */
export function documentSettings(table: SettingsTable): string {
  const rows = Object.values(table).flatMap((setting) => {
    const value = setting.default ?? (setting.required ? '(must be set)' : '');
    const cells = [`\`${setting.env}\``, `\`--${setting.flag}\``, setting.kind.type, value, setting.description];
    return [cells, ...fileCells(setting)].map(
      (row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`,
    );
  });
  return ['| variable | flag | type | default | meaning |', '|---|---|---|---|---|', ...rows, ''].join('\n');
}

function fileCells(setting: Setting<unknown>): string[][] {
  if (!setting.secret) return [];
  const { env, flag } = fileNamesOf(setting);
  return [[`\`${env}\``, `\`--${flag}\``, 'file name', '', fileDescription(setting)]];
}

function fileDescription({ env }: Setting<unknown>): string {
  return `A file with the value of ${env}, without its last newline. Set either this or ${env}.`;
}

function isSwitch(setting: Setting<unknown>): boolean {
  return setting.kind.schema.safeParse('true').data === true;
}

function shownDefault(setting: Setting<unknown>): string {
  return setting.default === undefined ? '' : `, default ${setting.default}`;
}
