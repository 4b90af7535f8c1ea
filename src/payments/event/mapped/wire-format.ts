/** The wire format of a schema registry (Confluent's): a zero byte, the schema's id in four bytes, big-endian, then the value. */
import type { FormProblem } from './value-reader.ts';

export const HEAD_BYTES = 5;

/** The id of the schema of the value [start, end), or undefined if the value is not in the wire format. */
export function schemaIdOf(bytes: Buffer, start: number, end: number): number | undefined {
  return end - start < HEAD_BYTES || bytes[start] !== 0 ? undefined : bytes.readUInt32BE(start + 1);
}

/** Why a value cannot be read by a schema: no head, or an id that the rules reject. */
export function wireFormatProblem(
  bytes: Buffer,
  start: number,
  end: number,
  rejected: ReadonlySet<number>,
): FormProblem | null {
  const id = schemaIdOf(bytes, start, end);
  if (id === undefined) return { code: 'not_wire_format', detail: null };
  return rejected.has(id) ? { code: 'schema_rejected', detail: `schema ${id}` } : null;
}
