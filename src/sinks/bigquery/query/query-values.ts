/** Values in and out of queries, exactly: parameters as the REST API takes them, cells as it gives them. */
import { integerFromText, millisFromText, nanosFromText } from '../../rows/cell-texts.ts';

export { integerFromText, millisFromText, nanosFromText };

export interface QueryParameter {
  readonly name: string;
  readonly parameterType: object;
  readonly parameterValue: object;
}

export function intParameter(name: string, value: number): QueryParameter {
  return { name, parameterType: { type: 'INT64' }, parameterValue: { value: scalar(value) } };
}

export function textParameter(name: string, value: string): QueryParameter {
  return { name, parameterType: { type: 'STRING' }, parameterValue: { value } };
}

/** Milliseconds since the epoch. */
export function timestampParameter(name: string, valueMs: number): QueryParameter {
  const value = new Date(valueMs).toISOString();
  return { name, parameterType: { type: 'TIMESTAMP' }, parameterValue: { value } };
}

export type QueryType = 'INT64' | 'STRING' | 'NUMERIC' | 'BOOL';

/** ARRAY<STRUCT<...>>, for UNNEST(@name). NUMERIC values are decimal texts. */
export function rowsParameter<K extends string>(
  name: string,
  types: Readonly<Record<K, QueryType>>,
  rows: readonly Readonly<Record<K, string | number | null>>[],
): QueryParameter {
  const columns = Object.keys(types) as K[];
  return {
    name,
    parameterType: {
      type: 'ARRAY',
      arrayType: {
        type: 'STRUCT',
        structTypes: columns.map((column) => ({ name: column, type: { type: types[column] } })),
      },
    },
    parameterValue: {
      arrayValues: rows.map((row) => ({
        structValues: Object.fromEntries(
          columns.map((column) => [column, { value: row[column] === null ? null : scalar(row[column]) }]),
        ),
      })),
    },
  };
}

function scalar(value: string | number): string {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new RangeError(`not a safe integer: ${value}`);
  return String(value);
}

/** FLOAT64 as text. Throws where it is no number; what is none on purpose, as NaN, says so itself. */
function floatFromText(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || (Number.isNaN(value) && text !== 'NaN')) throw new RangeError(`not a FLOAT64: ${text}`);
  return value;
}

export type QueryValue = string | number | bigint | boolean | null;

/** A cell by its column type: NUMERIC is a bigint of billionths, TIMESTAMP milliseconds, DATE and JSON text. */
export function valueFromCell(type: string, cell: unknown): QueryValue {
  if (cell === null || cell === undefined) return null;
  const text = String(cell);
  switch (type) {
    case 'INTEGER':
    case 'INT64':
      return integerFromText(text);
    case 'NUMERIC':
    case 'BIGNUMERIC':
      return nanosFromText(text);
    case 'TIMESTAMP':
      return millisFromText(text);
    case 'FLOAT':
    case 'FLOAT64':
      return floatFromText(text);
    case 'BOOLEAN':
    case 'BOOL':
      if (text !== 'true' && text !== 'false') throw new RangeError(`not a BOOL: ${text}`);
      return text === 'true';
    default:
      if (typeof cell !== 'string') throw new RangeError(`a column of type ${type} is not read here`);
      return cell;
  }
}
