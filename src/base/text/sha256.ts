/** The digest by which stored texts are known. A pure function: no key, no chance. */
import { createHash } from 'node:crypto';

/** 64 hex digits, of the text as UTF-8. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
