/** Secrets from files: `KAFKA_SASL_PASSWORD_FILE` names a file that has what KAFKA_SASL_PASSWORD would say. */
import { readFileSync, statSync } from 'node:fs';
import type { Setting } from './setting.ts';

/** No secret of a setting is longer. */
const MOST_BYTES = 64 * 1024;

/** Gives a file's text. Throws what the file system says. */
export type ReadSecretFile = (path: string) => string;

export const readSecretFile: ReadSecretFile = (path) => {
  const found = statSync(path);
  if (!found.isFile()) throw new Error('it is no file');
  if (found.size > MOST_BYTES) throw new Error(`it has more than ${MOST_BYTES} bytes`);
  return readFileSync(path, 'utf8');
};

/** The variable and the flag that name the file, for a setting that is a secret. */
export function fileNamesOf({ env, flag }: Pick<Setting<unknown>, 'env' | 'flag'>): { env: string; flag: string } {
  return { env: `${env}_FILE`, flag: `${flag}-file` };
}

/** Without the newline that editors and `echo` put at the end. Throws a text that goes after "cannot be used: ". */
export function secretFrom(path: string, read: ReadSecretFile): string {
  const secret = read(path).replace(/(?:\r?\n)+$/, '');
  if (secret === '') throw new Error('it is empty');
  return secret;
}
