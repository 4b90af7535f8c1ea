/**
 * What is kept of a rejected record that a mapping read. JSON: its text, masked, as of the built-in event, but with no digits left
 * readable: what looks like a time may be anything. Avro and Protobuf cannot be masked: nothing, or base64 of the beginning if the
 * rules say so.
 */
import { keptPayload } from '../kept-value.ts';
import type { CompiledMapping } from './compiled-mapping.ts';

export type Keep = (value: Buffer) => string | null;

const KEPT_BINARY_BYTES = 4_096;

export function keepOf({ format, keepRejectedPayload }: CompiledMapping): Keep {
  if (format === 'json' || format === 'json-schema') return keptPayload;
  return keepRejectedPayload ? keepHead : keepNothing;
}

export function keepNothing(): null {
  return null;
}

function keepHead(value: Buffer): string {
  return value.toString('base64', 0, KEPT_BINARY_BYTES);
}
