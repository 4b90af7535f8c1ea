/**
 * Finds variables that look like a misspelt setting: `WATERMARK_DEALY` would be ignored, and the default would apply.
 * Names that other programs or Kubernetes put into environments are left alone, because people stop reading warnings
 * that are mostly wrong.
 */
import { nearestName } from '../../base/text/edit-distance.ts';
import { fileNamesOf } from './secret-file.ts';
import type { SettingsTable } from './setting.ts';

export interface Misspelt {
  readonly given: string;
  readonly meant: string;
}

/**
 * Variables that a Kubernetes Service puts into every pod of its namespace: KAFKA_SERVICE_HOST,
 * KAFKA_PORT_9092_TCP_ADDR.
 */
const OF_KUBERNETES = /_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/;
/** Names near a setting that many other programs read. */
const OF_OTHERS: ReadonlySet<string> = new Set(['LOGLEVEL']);
/** Shorter names resemble too many others. */
const SHORTEST = 8;
const SHARED_WORDS = 2;

export function knownVariables(table: SettingsTable): ReadonlySet<string> {
  const names = new Set<string>();
  for (const setting of Object.values(table)) {
    names.add(setting.env);
    if (setting.secret) names.add(fileNamesOf(setting).env);
  }
  return names;
}

/** Each variable of the environment that resembles a setting without being one, with the nearest setting. */
export function findMisspelt(
  env: Readonly<Record<string, string | undefined>>,
  known: ReadonlySet<string>,
): readonly Misspelt[] {
  const found: Misspelt[] = [];
  for (const [given, value] of Object.entries(env)) {
    if ((value ?? '').trim() === '' || known.has(given) || OF_OTHERS.has(given) || OF_KUBERNETES.test(given)) continue;
    const meant = nearest(given.toUpperCase().replaceAll('-', '_'), known, env);
    if (meant !== undefined) found.push({ given, meant });
  }
  return found;
}

export function misspeltText({ given, meant }: Misspelt): string {
  return `warning: ${given} is not a setting and is ignored: did you mean ${meant}?`;
}

function nearest(
  name: string,
  known: ReadonlySet<string>,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (known.has(name)) return name;
  if (name.length < SHORTEST) return undefined;
  const best = nearestName(name, known);
  if (best !== undefined) return best;
  // BIGQUERY_PROJECT_ID, KAFKA_TOPIC: a word too many or too few at the end, if the right name is not set too.
  const words = name.split('_');
  return [...known].find((candidate) => env[candidate] === undefined && differsByLastWord(words, candidate.split('_')));
}

function differsByLastWord(left: readonly string[], right: readonly string[]): boolean {
  const shared = Math.min(left.length, right.length);
  if (Math.abs(left.length - right.length) !== 1 || shared < SHARED_WORDS) return false;
  return left.slice(0, shared).every((word, index) => word === right[index]);
}
