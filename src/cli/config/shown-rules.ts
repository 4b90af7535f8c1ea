/** The rules that a configuration gives, for `config`: what they are, and where each role and column comes from. Pure. */
import { BUILT_IN_EVENT } from '../../payments/rules/built-in-event.ts';
import { OPTIONAL_ROLES, REQUIRED_ROLES } from '../../payments/rules/rules.ts';
import { documentOf } from '../../payments/rules/rules-document.ts';
import { DEFAULT_DECISION_SETTINGS } from '../../payments/settings.ts';
import { tableText } from '../table-text.ts';
import type { RulesConfig } from './rules-config.ts';

export interface ShownRules {
  /** Null: the built-in event. */
  readonly file: string | null;
  readonly revision: number;
  readonly sha256: string | null;
  /** Of each role and column, the form that a rules file has for it. */
  readonly mapping: readonly { readonly name: string; readonly from: string }[];
}

const ROLES = [...REQUIRED_ROLES, ...OPTIONAL_ROLES] as const;

export function shownRules({ file, revision, rules }: RulesConfig): ShownRules {
  const builtIn = { revision: 1, event: BUILT_IN_EVENT, columns: [], fraud: DEFAULT_DECISION_SETTINGS.fraud };
  const { event, columns = [] } = documentOf(rules?.rules ?? builtIn);
  const { format, select = [], key } = event;
  return {
    file: file ?? null,
    revision,
    sha256: rules?.sha256 ?? null,
    mapping: [
      { name: 'format', from: String(format) },
      ...select.map((one) => ({ name: 'select', from: flow(one) })),
      { name: 'key', from: typeof key === 'string' ? key : flow(key) },
      ...ROLES.map((role) => ({ name: role, from: event[role] === undefined ? 'NULL' : flow(event[role]) })),
      ...columns.map(({ name, ...column }) => ({ name: `column ${name}`, from: flow(column) })),
    ],
  };
}

export function rulesText({ file, revision, sha256, mapping }: ShownRules): string {
  const title =
    file === null
      ? `rules: the built-in event (no RULES_FILE), settings of revision ${revision}`
      : `rules: ${file}, revision ${revision}, sha256 ${sha256}`;
  return `${title}\n${tableText(
    ['role', 'from'],
    mapping.map(({ name, from }) => [name, from]),
  )}`;
}

/** As it may stand in a rules file; defaults that say nothing are left out. */
function flow(value: unknown): string {
  const members = Object.entries(value as object).filter(([, member]) => member !== undefined && member !== false);
  return `{ ${members.map(([name, member]) => `${name}: ${typeof member === 'string' ? member : JSON.stringify(member)}`).join(', ')} }`;
}
