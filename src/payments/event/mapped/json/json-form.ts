/**
 * The form of a JSON value: UTF-8, JSON's grammar, an object. What a value without the right form is called is the same for mapped
 * records as for the built-in event (reading-version-2.ts).
 */
import { isUtf8 } from 'node:buffer';
import { maskCardNumbers } from '../../card-numbers.ts';
import { readMembers } from '../../json-members.ts';
import { foreignForm } from '../../value-form.ts';
import type { FormProblem } from '../value-reader.ts';

/** A repeated name is shown only in this form, since it is the producer's text. */
const SHOWN_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

/** The text of a value that is a JSON object, or its problem. With `inWireFormat` its head was taken off. */
export function jsonTextOf(value: Buffer, inWireFormat: boolean): string | FormProblem {
  const foreign = foreignForm(value);
  if (foreign !== undefined && !(inWireFormat && foreign.code === 'schema_registry_format'))
    return { code: foreign.code, detail: foreign.detail };
  if (!isUtf8(value)) return { code: 'not_utf8', detail: null };
  const text = value.toString('utf8');
  const read = readMembers(text);
  if (!('problem' in read)) return text;
  if (read.problem === 'not_an_object') return { code: 'not_an_object', detail: null };
  const place = read.at === text.length ? 'ends early' : `byte ${Buffer.byteLength(text.slice(0, read.at))}`;
  return { code: 'not_json', detail: place };
}

export function duplicateMember(name: string): FormProblem {
  return { code: 'duplicate_member', detail: SHOWN_NAME.test(name) ? maskCardNumbers(name) : null };
}
