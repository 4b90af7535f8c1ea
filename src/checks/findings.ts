/** Findings, one list per guarantee: everything is counted, the first of each are kept. */
export const GUARANTEES = ['G1', 'G2', 'G3', 'G4', 'G5', 'G6'] as const;
export type Guarantee = (typeof GUARANTEES)[number];

export interface Finding {
  /** Stable name of what was found, as `lost` or `window_sum_differs`. */
  readonly kind: string;
  readonly partition: number | null;
  readonly offsets: readonly number[];
  readonly transactionIds: readonly string[];
  /** What the topic and the rules say, where there is something to say. */
  readonly expected?: string;
  /** What the tables say. */
  readonly actual?: string;
  readonly message: string;
}

export interface GuaranteeResult {
  /** Something was checked, and nothing was found. */
  readonly holds: boolean;
  /** False where no record below a checkpoint and no row was there to check. */
  readonly checked: boolean;
  /** All findings, kept or not. */
  readonly count: number;
  readonly findings: readonly Finding[];
}

export class FindingLists {
  readonly #kept: Record<Guarantee, Finding[]> = { G1: [], G2: [], G3: [], G4: [], G5: [], G6: [] };
  readonly #counts: Record<Guarantee, number> = { G1: 0, G2: 0, G3: 0, G4: 0, G5: 0, G6: 0 };
  readonly #keepMax: number;

  constructor(keepMax: number) {
    this.#keepMax = keepMax;
  }

  /** `times`: how many findings this one stands for. */
  add(guarantee: Guarantee, finding: Finding, times = 1): void {
    this.#counts[guarantee] += times;
    if (this.#kept[guarantee].length < this.#keepMax) this.#kept[guarantee].push(finding);
  }

  get anything(): boolean {
    return GUARANTEES.some((guarantee) => this.#counts[guarantee] > 0);
  }

  /** `checked`: whether anything was; a guarantee with findings was in any case. */
  results(checked: boolean): Record<Guarantee, GuaranteeResult> {
    const result = (guarantee: Guarantee): GuaranteeResult => ({
      holds: checked && this.#counts[guarantee] === 0,
      checked: checked || this.#counts[guarantee] > 0,
      count: this.#counts[guarantee],
      findings: this.#kept[guarantee],
    });
    return {
      G1: result('G1'),
      G2: result('G2'),
      G3: result('G3'),
      G4: result('G4'),
      G5: result('G5'),
      G6: result('G6'),
    };
  }
}

/** `1 row`, `2 rows`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
