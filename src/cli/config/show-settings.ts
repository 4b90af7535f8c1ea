/** What is made from the table for people: commander flags, the output of `config`, and the documentation. */
import type { Command } from 'commander';
import type { EffectiveSetting } from './parse-settings.ts';
import type { Setting, SettingsTable } from './setting.ts';

/** Adds a flag per setting. No defaults: an absent flag must not hide the environment. */
export function addFlags(command: Command, table: SettingsTable): Command {
  for (const setting of Object.values(table)) {
    const value = isSwitch(setting) ? '[true|false]' : '<value>';
    command.option(`--${setting.flag} ${value}`, `${setting.description} (${setting.env}${shownDefault(setting)})`);
  }
  return command;
}

export interface ShownSetting {
  readonly name: string;
  /** Masked where it is a secret; null where unset. */
  readonly value: string | null;
  readonly origin: EffectiveSetting['origin'];
}

/** For `config --json` and its table. */
export function showEffective(effective: readonly EffectiveSetting[]): ShownSetting[] {
  return effective.map(({ setting, origin, shown }) => ({ name: setting.env, value: shown ?? null, origin }));
}

/** A Markdown table of all settings. */
export function documentSettings(table: SettingsTable): string {
  const rows = Object.values(table).map((setting) => {
    const value = setting.default ?? (setting.required ? '(must be set)' : '');
    const cells = [`\`${setting.env}\``, `\`--${setting.flag}\``, setting.kind.type, value, setting.description];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return ['| variable | flag | type | default | meaning |', '|---|---|---|---|---|', ...rows, ''].join('\n');
}

function isSwitch(setting: Setting<unknown>): boolean {
  return setting.kind.schema.safeParse('true').data === true;
}

function shownDefault(setting: Setting<unknown>): string {
  return setting.default === undefined ? '' : `, default ${setting.default}`;
}
