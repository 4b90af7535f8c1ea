/** Names of the files in a table's `_delta_log`, and what a name says. */

const VERSION_DIGITS = 20;

export function logPrefix(table: string): string {
  return `${table}/_delta_log/`;
}

export function commitKey(table: string, version: number): string {
  return `${logPrefix(table)}${padded(version, VERSION_DIGITS)}.json`;
}

export function lastCheckpointKey(table: string): string {
  return `${logPrefix(table)}_last_checkpoint`;
}

/** The files of a log checkpoint: one, or as many as it has parts. */
export function checkpointKeys(table: string, version: number, parts = 0): readonly string[] {
  const start = `${logPrefix(table)}${padded(version, VERSION_DIGITS)}.checkpoint`;
  if (parts === 0) return [`${start}.parquet`];
  const name = (part: number): string => `${start}.${padded(part, 10)}.${padded(parts, 10)}.parquet`;
  return Array.from({ length: parts }, (_, index) => name(index + 1));
}

/** `other`: compacted logs, checksums, checkpoints of the second kind, what a crash left. */
export type LogFile =
  | { readonly kind: 'commit'; readonly version: number }
  /** `parts` is 0 for a checkpoint in one file. */
  | { readonly kind: 'checkpoint'; readonly version: number; readonly part: number; readonly parts: number }
  /** A checkpoint of the second kind, which this program does not read. */
  | { readonly kind: 'checkpoint-v2'; readonly version: number }
  | { readonly kind: 'other' };

const NAME =
  /^(\d{20})\.(json|checkpoint\.parquet|checkpoint\.(\d{10})\.(\d{10})\.parquet|checkpoint\.[^.]+\.(?:json|parquet))$/;

export function logFileOf(key: string): LogFile {
  const match = NAME.exec(key.slice(key.lastIndexOf('/') + 1));
  const version = Number(match?.[1]);
  if (match === null || !Number.isSafeInteger(version)) return { kind: 'other' };
  const [, , rest, part, parts] = match;
  if (rest === 'json') return { kind: 'commit', version };
  if (rest === 'checkpoint.parquet') return { kind: 'checkpoint', version, part: 0, parts: 0 };
  if (part !== undefined) return { kind: 'checkpoint', version, part: Number(part), parts: Number(parts) };
  return { kind: 'checkpoint-v2', version };
}

/** Of any file that is about one version, also of kinds that are not read here. */
export function versionOf(key: string): number | undefined {
  const digits = /^(\d{20})\./.exec(key.slice(key.lastIndexOf('/') + 1))?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Versions with a commit file, ascending. */
export function commitVersions(keys: readonly { readonly key: string }[]): number[] {
  const files = keys.map(({ key }) => logFileOf(key));
  return files.flatMap((file) => (file.kind === 'commit' ? [file.version] : [])).sort((a, b) => a - b);
}

/** Log checkpoints with all their parts, the newest first. */
export function wholeCheckpoints(keys: readonly { readonly key: string }[]): { version: number; parts: number }[] {
  const seen = new Map<string, { version: number; parts: number; found: Set<number> }>();
  for (const { key } of keys) {
    const file = logFileOf(key);
    if (file.kind !== 'checkpoint') continue;
    const { version, part, parts } = file;
    const name = `${version}/${parts}`;
    const checkpoint = seen.get(name) ?? { version, parts, found: new Set() };
    seen.set(name, checkpoint);
    checkpoint.found.add(part);
  }
  const whole = [...seen.values()].filter(({ parts, found }) => found.size === Math.max(1, parts));
  return whole.sort((a, b) => b.version - a.version).map(({ version, parts }) => ({ version, parts }));
}

function padded(number: number, digits: number): string {
  return String(number).padStart(digits, '0');
}
