/**
 * What REST answers about jobs must say. An answer under status 200 can be empty, cut, of another job, or a page from
 * something in between: one that lacks what it must have is a lost answer, to be asked for again. It is never a result of no
 * rows, since "no rows" makes owners seed again and start from the beginning.
 */
import { integerFromText } from './query-values.ts';
import { RestError } from './rest-client.ts';

/** `name` and `type` of a result's column. */
export interface ResultField {
  readonly name: string;
  readonly type: string;
}

export interface ResultPage {
  readonly fields: readonly ResultField[];
  /** Cells by column: text, or null. */
  readonly rows: readonly (readonly unknown[])[];
}

/** A page, and where the next one is; undefined after the last. */
export interface ReadPage extends ResultPage {
  readonly nextToken: string | undefined;
}

export interface JobAnswer {
  readonly state: 'PENDING' | 'RUNNING' | 'DONE';
  /** Where the job is; later calls must name it, outside the US and EU. */
  readonly location: string | undefined;
  readonly errorResult: { readonly reason?: string; readonly message?: string } | undefined;
}

/** An answer that does not say what it must. */
export class UnusableAnswerError extends RestError {
  constructor(message: string) {
    super(message, undefined, undefined);
    this.name = 'UnusableAnswerError';
  }
}

/** All pages came, and have not as many rows as the result: one of those that were given is not whole. */
export class IncompleteResultError extends RestError {
  constructor(message: string) {
    super(message, undefined, undefined);
    this.name = 'IncompleteResultError';
  }
}

type Json = Readonly<Record<string, unknown>>;

/** Of jobs.insert and jobs.get. Throws UnusableAnswerError. */
export function readJobAnswer(answer: unknown, jobId: string): JobAnswer {
  const { jobReference, status } = asObject(answer, `job ${jobId}`);
  requireSameJob(jobReference, jobId);
  const { state, errorResult } = asObject(status, `the status of job ${jobId}`);
  if (state !== 'PENDING' && state !== 'RUNNING' && state !== 'DONE') {
    throw new UnusableAnswerError(`job ${jobId}: an answer with the state ${JSON.stringify(state)}`);
  }
  const location = isObject(jobReference) ? jobReference.location : undefined;
  return {
    state,
    location: typeof location === 'string' && location !== '' ? location : undefined,
    errorResult: isObject(errorResult) ? errorResult : undefined,
  };
}

/** The pages of one job's result, read in their order. */
export class ResultReader {
  readonly #jobId: string;
  /** Names of the columns, where the statement says which it selects. */
  readonly #columns: readonly string[] | undefined;
  #fields: readonly ResultField[] | undefined;
  #totalRows: number | undefined;
  #rows = 0;

  constructor(jobId: string, columns: readonly string[] | undefined) {
    this.#jobId = jobId;
    this.#columns = columns;
  }

  /**
   * Throws UnusableAnswerError for a page to be asked for again, IncompleteResultError for a last page with which the rows are
   * not as many as they must be; neither counts.
   */
  read(answer: unknown, token: string | undefined): ReadPage {
    const { jobComplete, jobReference, schema, rows, totalRows, pageToken } = asObject(answer, this.#name);
    if (jobComplete !== true) throw this.#unusable(`jobComplete is ${JSON.stringify(jobComplete)}`);
    requireSameJob(jobReference, this.#jobId);
    const fields = this.#fieldsOf(schema);
    const total = this.#totalOf(totalRows);
    const cells = this.#cellsOf(rows, fields.length);
    const nextToken = pageToken === undefined || pageToken === '' ? undefined : pageToken;
    if (nextToken !== undefined && (typeof nextToken !== 'string' || nextToken === token || cells.length === 0)) {
      throw this.#unusable('a page that leads nowhere');
    }
    const soFar = this.#rows + cells.length;
    if (soFar > total || (nextToken === undefined && soFar < total)) {
      throw new IncompleteResultError(`${this.#name}: ${soFar} rows came where the result has ${total}`);
    }
    this.#fields = fields;
    this.#totalRows = total;
    this.#rows = soFar;
    return { fields, rows: cells, nextToken };
  }

  get #name(): string {
    return `result of job ${this.#jobId}`;
  }

  #unusable(what: string): UnusableAnswerError {
    return new UnusableAnswerError(`${this.#name}: ${what}`);
  }

  #fieldsOf(schema: unknown): readonly ResultField[] {
    const { fields } = asObject(schema, `the schema of the ${this.#name}`);
    if (!Array.isArray(fields) || fields.length === 0 || !fields.every(isField)) {
      throw this.#unusable('an answer without columns');
    }
    const seen = fields.map(({ name }) => name);
    const wanted = this.#columns ?? this.#fields?.map(({ name }) => name) ?? seen;
    if (seen.length !== wanted.length || seen.some((name, i) => name !== wanted[i])) {
      throw this.#unusable(`columns ${seen.join(', ')} where ${wanted.join(', ')} were asked for`);
    }
    return fields;
  }

  #totalOf(totalRows: unknown): number {
    let total: number;
    try {
      total = integerFromText(String(totalRows));
    } catch {
      throw this.#unusable(`totalRows is ${JSON.stringify(totalRows)}`);
    }
    if (total < 0 || (this.#totalRows !== undefined && total !== this.#totalRows)) {
      throw this.#unusable(`totalRows is ${total}${this.#totalRows === undefined ? '' : ` after ${this.#totalRows}`}`);
    }
    return total;
  }

  #cellsOf(rows: unknown, width: number): unknown[][] {
    if (rows === undefined) return [];
    if (!Array.isArray(rows)) throw this.#unusable('rows that are no list');
    return rows.map((row: unknown) => {
      const cells: unknown = isObject(row) ? row.f : undefined;
      if (!Array.isArray(cells) || cells.length !== width) throw this.#unusable(`a row without its ${width} cells`);
      return cells.map((cell: unknown) => {
        if (!isObject(cell) || cell.v === undefined) throw this.#unusable('a cell without a value');
        return cell.v;
      });
    });
  }
}

function requireSameJob(jobReference: unknown, jobId: string): void {
  const named = isObject(jobReference) ? jobReference.jobId : undefined;
  if (named !== undefined && named !== jobId) {
    throw new UnusableAnswerError(`job ${jobId}: an answer about ${JSON.stringify(named)}`);
  }
}

function asObject(value: unknown, what: string): Json {
  if (!isObject(value)) throw new UnusableAnswerError(`${what}: an answer without it`);
  return value;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isField(value: unknown): value is ResultField {
  return isObject(value) && typeof value.name === 'string' && typeof value.type === 'string';
}
