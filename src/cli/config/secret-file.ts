/** Secrets from files: `KAFKA_SASL_PASSWORD_FILE` names a file that holds the value of KAFKA_SASL_PASSWORD. */
import { readFileSync, statSync } from 'node:fs';
import type { Setting } from './setting.ts';

/** More than any secret of a setting. */
const MOST_BYTES = 64 * 1024;

/** Returns a file's text. Throws the file system's error. */
export type ReadSecretFile = (path: string) => string;

export const readSecretFile: ReadSecretFile = (path) => {
  const found = statSync(path);
  if (!found.isFile()) throw new Error('it is not a file');
  if (found.size > MOST_BYTES) throw new Error(`it has more than ${MOST_BYTES} bytes`);
  return readFileSync(path, 'utf8');
};

/** The variable and the flag that name the file of a secret setting. */
export function fileNamesOf({ env, flag }: Pick<Setting<unknown>, 'env' | 'flag'>): { env: string; flag: string } {
  return { env: `${env}_FILE`, flag: `${flag}-file` };
}

/**
 * The secret without the newline that editors and `echo` append. Throws an error whose text continues "cannot be used:
 * ".
 */
export function secretFrom(path: string, read: ReadSecretFile): string {
  const secret = read(path).replace(/(?:\r?\n)+$/, '');
  if (secret === '') throw new Error('it is empty');
  return secret;
}
