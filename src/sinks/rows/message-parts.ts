/** The messages of an Arrow stream as the parts that they are written in: columns are copied once, to where the caller wants them. */
import { type RecordBatch, RecordBatchStreamWriter } from 'apache-arrow';

/** Arrow's writer. Keeps the parts that it writes without joining them, so columns are not copied. */
export class MessageParts extends RecordBatchStreamWriter {
  readonly schema: Uint8Array[] = [];
  readonly batch: Uint8Array[] = [];
  #inBatch = false;

  protected override _writeRecordBatch(batch: RecordBatch): this {
    this.#inBatch = true;
    return super._writeRecordBatch(batch);
  }

  protected override _write(part: ArrayBufferView): this {
    const { buffer, byteOffset, byteLength } = part;
    (this.#inBatch ? this.batch : this.schema).push(new Uint8Array(buffer, byteOffset, byteLength));
    return this;
  }
}

export function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

export function joined<Memory extends ArrayBufferLike>(
  parts: readonly Uint8Array[],
  into: Buffer<Memory>,
): Buffer<Memory> {
  let at = 0;
  for (const part of parts) {
    into.set(part, at);
    at += part.length;
  }
  return into;
}
