/**
 * The accepted payments of a batch, enriched, as columns: what the fold yields. The columns are filled from the bytes of
 * records and sent as they are (sinks/rows/row-columns.ts): no object and no string is made for a row. at() makes
 * one for a reader that needs it: the comparison at a takeover, the simulated sink, tests.
 *
 * Rows are only added. clear() starts over in the same memory: it must not be called while a reader still needs the rows.
 */

import { BugError } from '../base/errors.ts';
import { TextColumn } from '../base/memory/text-column.ts';
import { TEXT_COLUMNS } from './columns.ts';
import { FurtherValues, NULL_TEXT } from './event/further-values.ts';
import { PaymentBytes, paymentOf } from './event/payment-bytes.ts';
import { FurtherTexts } from './further-texts.ts';
import type { RowBatch } from './row-batch.ts';
import { BUILT_IN_LAYOUT, joinLayouts, type RowLayout } from './row-layout.ts';
import type { FurtherColumn } from './rules/rules.ts';
import type { AcceptedRow, FraudAssessment, Nanos } from './types.ts';

const LEAST_ROWS = 16;
/** Numbers of a row, side by side: they are written together. */
export const ROW_NUMBERS = 7;
export const ROW_NUMBER = {
  kafkaOffset: 0,
  eventTimeMs: 1,
  txnCount5Min: 2,
  uniqueDevicesSender: 3,
  geographicRisk: 4,
  fraudScore: 5,
  isHighRisk: 6,
} as const;
/** Words of an amount: a little-endian integer of 128 bits, as Arrow has decimals. */
export const AMOUNT_WORDS = 4;
/** Risks of an amount, by the numbers that `risks` has. */
export const RISKS: readonly FraudAssessment['riskAmount'][] = ['LOW', 'MEDIUM', 'HIGH'];
const RISK_NUMBER = { LOW: 0, MEDIUM: 1, HIGH: 2 } as const;
const NUMERIC_LIMIT = 10n ** 38n;
const TWO_32 = 4_294_967_296;

export class AcceptedBatch implements RowBatch<AcceptedRow> {
  #layout: RowLayout;
  readonly #isFixed: boolean;
  /** By the numbers of `layout.further`. */
  #further: FurtherTexts[];
  /** The columns of the mapping that read the last payment, and their numbers in `layout.further`. */
  #mapped: readonly FurtherColumn[] | undefined;
  #places: readonly number[] = [];
  #length = 0;
  numbers = new Float64Array(LEAST_ROWS * ROW_NUMBERS);
  amounts = new Int32Array(LEAST_ROWS * AMOUNT_WORDS);
  risks = new Uint8Array(LEAST_ROWS);
  /** By the numbers of TEXT_COLUMNS. */
  readonly texts: readonly TextColumn[] = TEXT_COLUMNS.map(() => new TextColumn());

  /** With a layout, it is that of all rows to come; without one, it follows what is added. */
  constructor(layout?: RowLayout) {
    this.#layout = layout ?? BUILT_IN_LAYOUT;
    this.#isFixed = layout !== undefined;
    this.#further = this.#layout.further.map(() => new FurtherTexts());
  }

  /** The same rows as columns, for a caller that has objects. */
  static of(rows: Iterable<AcceptedRow>, layout?: RowLayout): AcceptedBatch {
    const batch = new AcceptedBatch(layout);
    const bytes = new PaymentBytes();
    const further = layout?.nullRoles ? new FurtherValues(layout.further) : null;
    for (const { kafkaOffset, payment, fraud } of rows) {
      bytes.set(payment).further = further?.set(payment.further) ?? null;
      batch.add(kafkaOffset, bytes, fraud);
    }
    return batch;
  }

  get length(): number {
    return this.#length;
  }

  get layout(): RowLayout {
    return this.#layout;
  }

  add(kafkaOffset: number, payment: PaymentBytes, fraud: FraudAssessment): void {
    const row = this.#length;
    if (row === this.risks.length) this.#grow();
    this.#length = row + 1;
    const { numbers } = this;
    const first = row * ROW_NUMBERS;
    numbers[first + ROW_NUMBER.kafkaOffset] = kafkaOffset;
    numbers[first + ROW_NUMBER.eventTimeMs] = payment.eventTimeMs;
    numbers[first + ROW_NUMBER.txnCount5Min] = fraud.txnCount5Min;
    numbers[first + ROW_NUMBER.uniqueDevicesSender] = fraud.uniqueDevicesSender;
    numbers[first + ROW_NUMBER.geographicRisk] = fraud.geographicRisk;
    numbers[first + ROW_NUMBER.fraudScore] = fraud.fraudScore;
    numbers[first + ROW_NUMBER.isHighRisk] = fraud.isHighRisk ? 1 : 0;
    this.risks[row] = RISK_NUMBER[fraud.riskAmount];
    const { amount } = payment;
    const word = row * AMOUNT_WORDS;
    if (typeof amount === 'number') {
      if (amount < 0) throw new RangeError(`amount out of NUMERIC's range: ${amount}`);
      this.amounts[word] = amount; // modulo 2^32
      this.amounts[word + 1] = Math.floor(amount / TWO_32);
      this.amounts[word + 2] = 0;
      this.amounts[word + 3] = 0;
    } else {
      if (amount < 0n || amount >= NUMERIC_LIMIT) throw new RangeError(`amount out of NUMERIC's range: ${amount}`);
      for (let index = 0; index < AMOUNT_WORDS; index += 1)
        this.amounts[word + index] = Number(BigInt.asIntN(32, amount >> BigInt(32 * index)));
    }
    const { texts } = this;
    for (let text = 0; text < texts.length; text += 1) texts[text]!.add(payment.texts[text]!);
    if (payment.further !== null) this.#addFurther(row, payment.further);
  }

  clear(): void {
    this.#length = 0;
    for (const column of this.texts) column.clear();
    for (const column of this.#further) column.clear();
  }

  kafkaOffsets(from: number, to: number): Float64Array {
    const offsets = new Float64Array(to - from);
    for (let row = from; row < to; row += 1)
      offsets[row - from] = this.numbers[row * ROW_NUMBERS + ROW_NUMBER.kafkaOffset] as number;
    return offsets;
  }

  /** UTF-8 bytes of all texts. */
  get textBytes(): number {
    let sum = 0;
    for (const column of this.texts) sum += column.byteLength;
    for (const { texts } of this.#further) sum += texts.byteLength;
    return sum;
  }

  /** The row as an object, which keeps nothing of the columns alive. */
  at(row: number): AcceptedRow | undefined {
    if (row < 0 || row >= this.#length) return undefined;
    const number = (which: number) => this.numbers[row * ROW_NUMBERS + which] as number;
    return {
      kafkaOffset: number(ROW_NUMBER.kafkaOffset),
      payment: paymentOf(
        (text) => this.texts[text]!.textAt(row),
        this.#amountAt(row),
        number(ROW_NUMBER.eventTimeMs),
        this.#furtherAt(row),
      ),
      fraud: {
        riskAmount: RISKS[this.risks[row] as number] as FraudAssessment['riskAmount'],
        txnCount5Min: number(ROW_NUMBER.txnCount5Min),
        uniqueDevicesSender: number(ROW_NUMBER.uniqueDevicesSender),
        geographicRisk: number(ROW_NUMBER.geographicRisk),
        fraudScore: number(ROW_NUMBER.fraudScore),
        isHighRisk: number(ROW_NUMBER.isHighRisk) === 1,
      },
    };
  }

  *[Symbol.iterator](): Generator<AcceptedRow> {
    for (let row = 0; row < this.#length; row += 1) yield this.at(row) as AcceptedRow;
  }

  /** The texts of a column of `layout.further`, by its number: as many as there are rows. */
  furtherTexts(column: number): FurtherTexts {
    const texts = this.#further[column]!;
    texts.padTo(this.#length);
    return texts;
  }

  #addFurther(row: number, { columns, starts, ends, scratch }: FurtherValues): void {
    if (columns !== this.#mapped) this.#place(columns);
    const places = this.#places;
    for (let at = 0; at < places.length; at += 1) {
      const start = starts[at]!;
      if (start !== NULL_TEXT) this.#further[places[at]!]!.add(row, scratch, start, ends[at]!);
    }
  }

  /** Finds the columns of another mapping in the layout. */
  #place(columns: readonly FurtherColumn[]): void {
    if (this.#isFixed && !this.#layout.nullRoles) throw new BugError('a mapped payment in a batch without rules');
    if (!this.#isFixed) {
      this.#layout = joinLayouts(this.#layout, { nullRoles: true, further: columns });
      while (this.#further.length < this.#layout.further.length) this.#further.push(new FurtherTexts());
    }
    const { further } = this.#layout;
    this.#places = columns.map(({ name }) => {
      const place = further.findIndex((column) => column.name === name);
      if (place < 0) throw new BugError(`the rows of this batch have no column ${name}`);
      return place;
    });
    this.#mapped = columns;
  }

  #furtherAt(row: number): Readonly<Record<string, string>> | undefined {
    let record: Record<string, string> | undefined;
    for (let column = 0; column < this.#further.length; column += 1) {
      const text = this.#further[column]!.textAt(row);
      if (text === null) continue;
      record ??= {};
      record[this.#layout.further[column]!.name] = text;
    }
    return record;
  }

  #amountAt(row: number): Nanos {
    let amount = 0n;
    for (let word = AMOUNT_WORDS - 1; word >= 0; word -= 1)
      amount = (amount << 32n) | BigInt((this.amounts[row * AMOUNT_WORDS + word] as number) >>> 0);
    return amount;
  }

  #grow(): void {
    const rows = 2 * this.risks.length;
    const { numbers, amounts, risks } = this;
    this.numbers = new Float64Array(rows * ROW_NUMBERS);
    this.numbers.set(numbers);
    this.amounts = new Int32Array(rows * AMOUNT_WORDS);
    this.amounts.set(amounts);
    this.risks = new Uint8Array(rows);
    this.risks.set(risks);
  }
}
