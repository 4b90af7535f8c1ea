/** What the checkers' reader finds at paths, in the form that the fold's reader is compared in. For tests. */
import type { Found } from '../../../../payments/event/schema/testing/read-paths.ts';
import type { Decoded, MappedValue } from '../../mapped/mapped-value.ts';
import { stepsOf } from '../../mapped/oracle-rules.ts';
import { UndecodableError } from '../undecodable.ts';

const TIME_UNITS = [undefined, 'epoch_ms', 'epoch_us', 'epoch_ns'];

/** 'none': the bytes are no value of the schema. */
export function foundBy(paths: readonly string[], decode: () => Decoded): readonly Found[] | 'none' {
  try {
    const decoded = decode();
    return paths.map((path) => asFound(decoded.at(stepsOf(path))));
  } catch (error) {
    if (error instanceof UndecodableError) return 'none';
    throw error;
  }
}

function asFound(value: MappedValue): Found {
  if (value.is === 'text') return ['text', value.text];
  if (value.is === 'integer') return ['integer', String(value.value), Math.max(0, TIME_UNITS.indexOf(value.timeType))];
  if (value.is === 'bytes') return ['bytes', Buffer.from(value.bytes).toString('hex'), value.scale ?? -1];
  if (value.is === 'truth') return [String(value.truth)];
  return [value.is === 'unusable' ? 'float' : value.is];
}
