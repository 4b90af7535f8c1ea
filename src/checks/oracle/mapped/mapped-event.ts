/** An event by a mapping: its ten roles and further columns as the record has them, each judged once and by itself. */
import type { TopicRecord } from '../../inputs/verify-inputs.ts';
import { valueAt } from './decoded.ts';
import { type ReadColumns, readColumns } from './further-columns.ts';
import { type Decoded, type MappedValue, MISSING, wholeNumber } from './mapped-value.ts';
import { type OracleRules, pointersOf, stepsOf, type TextRoleName } from './oracle-rules.ts';
import { type AmountState, amountRole, type RoleState, textRole } from './roles.ts';
import { type ReadTime, readTime } from './times.ts';

const REQUIRED: readonly TextRoleName[] = ['transaction_id', 'sender_account_id', 'currency'];

export class MappedEvent {
  readonly #rules: OracleRules;
  readonly #record: TopicRecord;
  readonly #decoded: Decoded;

  constructor(rules: OracleRules, record: TopicRecord, decoded: Decoded) {
    this.#rules = rules;
    this.#record = record;
    this.#decoded = decoded;
  }

  /** The name that comes twice in an object in which a path looks for a member. */
  get repeatedName(): string | undefined {
    for (const pointer of pointersOf(this.#rules)) this.#decoded.at(stepsOf(pointer));
    return this.#decoded.repeatedName;
  }

  /** Whether each of the conditions holds. */
  get isSelected(): boolean {
    return this.#rules.event.select.every(({ path, in: allowed }) => {
      const text = comparableText(this.#at(path));
      return text !== null && allowed.includes(text);
    });
  }

  textState(role: TextRoleName): RoleState<string> {
    const rule = this.#rules.event.texts[role];
    if (rule === undefined) return 'missing';
    const value = rule.path === undefined ? MISSING : this.#at(rule.path);
    const state = textRole(rule, value, REQUIRED.includes(role));
    const isNoCurrency = role === 'currency' && typeof state === 'object' && !/^[A-Z]{3}$/.test(state.is);
    return isNoCurrency ? 'invalid' : state;
  }

  /** Null where it is missing or invalid. */
  text(role: TextRoleName): string | null {
    const state = this.textState(role);
    return typeof state === 'object' ? state.is : null;
  }

  get amount(): AmountState {
    const { amount } = this.#rules.event;
    return amountRole(amount, this.#at(amount.path), this.text('currency'), () => ({
      scale: this.#at(`${amount.path}/scale`),
      value: this.#at(`${amount.path}/value`),
    }));
  }

  /** `time`: also one that is finer than a millisecond, and must not be. */
  get time(): RoleState<ReadTime> {
    const { path, type } = this.#rules.event.timestamp;
    const value = this.#at(path);
    if (value.is === 'missing') return 'missing';
    const time = readTime(value, type);
    return time === null ? 'invalid' : { is: time };
  }

  /** The event time, where it is one that a row can have. */
  get timeMs(): number | null {
    const { time } = this;
    if (typeof time !== 'object') return null;
    return time.is.isFiner && !this.#rules.event.timestamp.isRoundedDown ? null : time.is.ms;
  }

  /** The text that the key must be, where the rule is a path; null where there is none. */
  textAtKeyPath(path: string): string | null {
    const value = this.#at(path);
    return value.is === 'text' && value.text.isWellFormed() ? value.text : null;
  }

  get columns(): ReadColumns {
    return readColumns(this.#rules.columns, (path) => this.#at(path));
  }

  #at(path: string): MappedValue {
    return valueAt(path, this.#record, this.#decoded);
  }
}

/** What a condition compares: a text, the digits of a whole number, true or false. */
function comparableText(value: MappedValue): string | null {
  if (value.is === 'text') return value.text;
  if (value.is === 'truth') return String(value.truth);
  const number = wholeNumber(value);
  return number === null ? null : String(number);
}
