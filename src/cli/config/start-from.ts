/**
 * START_FROM: an end of the log, a time, a file of offsets, or another group's commits. A file is read with the
 * configuration, so that a wrong one is found before anything is touched; whether its offsets are in the log is checked
 * when partitions are seeded (processor/start-offsets.ts).
 *
 * A file has one offset for each partition, of the next record to be processed, in one of three forms:
 *
 * - lines of a partition and an offset (`0 1024`), with comments behind `#`;
 * - JSON by partition: `{"0": 1024, "1": 987}`;
 * - the same by topic, as Spark's checkpoints have it: `{"payment-events": {"0": 1024, "1": 987}}`.
 */
import type { StartAt } from '../../processor/settings.ts';

/** As the setting is given: a file is not read yet. */
export type StartFrom =
  | Exclude<StartAt, { readonly kind: 'offsets' }>
  | { readonly kind: 'offsets'; readonly file: string };

export interface ReadStart {
  /** Undefined if there are problems. */
  readonly startAt: StartAt | undefined;
  readonly problems: readonly string[];
}

const MAX_FILE_CHARS = 16 * 1024 * 1024;
const FORMS = 'expected lines as `0 1024`, or JSON as {"0": 1024}';
const NO_EFFECT = 'START_FROM has no effect once the topic was processed: it can be removed then';

export function parseStartFrom(value: string): StartFrom {
  if (value === 'earliest' || value === 'latest') return { kind: value };
  const [, kind, name] = /^(offsets|group):(.+)$/s.exec(value) ?? [];
  if (kind === 'offsets') return { kind, file: name! };
  if (kind === 'group') return { kind, groupId: name! };
  const iso = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/.test(value);
  const timestampMs = iso ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(timestampMs))
    throw new Error('expected earliest, latest, a time as 2026-01-31T08:00:00Z, offsets:FILE or group:NAME');
  return { kind: 'timestamp', timestampMs };
}

/** Never throws. `groupId`: the processor's own. */
export function readStart(
  from: StartFrom,
  topic: string,
  groupId: string,
  readFile: (file: string) => string,
): ReadStart {
  if (from.kind === 'group' && from.groupId === groupId) {
    const problem =
      `START_FROM is group:${groupId}, and KAFKA_GROUP_ID is ${groupId}: give this processor a group of its own ` +
      '(KAFKA_GROUP_ID), so that the commits of the other pipeline stay as they are';
    return { startAt: undefined, problems: [problem] };
  }
  if (from.kind !== 'offsets') return { startAt: from, problems: [] };
  const { file } = from;
  const refused = (why: string): ReadStart => ({ startAt: undefined, problems: [`START_FROM, ${file}: ${why}`] });
  let text: string;
  try {
    text = readFile(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return refused(`cannot be read: ${why}. ${NO_EFFECT}`);
  }
  if (text.length > MAX_FILE_CHARS) return refused(`has more than ${MAX_FILE_CHARS} characters; ${FORMS}`);
  const offsets = new Map<number, number>();
  const problems = text.trimStart().startsWith('{') ? readJson(text, topic, offsets) : readLines(text, offsets);
  if (problems.length > 0) return { startAt: undefined, problems: problems.flatMap((why) => refused(why).problems) };
  if (offsets.size === 0) return refused(`has no offsets; ${FORMS}`);
  return { startAt: { kind: 'offsets', file, offsets }, problems: [] };
}

/** Mistakes that are reported: a file of another kind has one in every line. */
const PROBLEMS_MAX = 5;

function readLines(text: string, offsets: Map<number, number>): string[] {
  const problems: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const content = line.replace(/#.*$/s, '').trim();
    if (content === '') continue;
    const fields = content.split(/\s+/);
    const problem =
      fields.length === 2
        ? put(offsets, fields[0]!, fields[1]!)
        : `expected a partition and an offset, found ${JSON.stringify(content.slice(0, 60))}`;
    if (problem !== undefined) problems.push(`line ${index + 1}: ${problem}`);
    if (problems.length === PROBLEMS_MAX) break;
  }
  return problems;
}

function readJson(text: string, topic: string, offsets: Map<number, number>): string[] {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (error) {
    return [`is not JSON: ${error instanceof Error ? error.message : String(error)}; ${FORMS}`];
  }
  let members = Object.entries(found as object);
  let where = '';
  if (members.length > 0 && members.every(([, value]) => typeof value === 'object' && value !== null)) {
    const ofTopic = members.find(([name]) => name === topic)?.[1] as object | undefined;
    if (ofTopic === undefined)
      return [`names the topics ${members.map(([name]) => name).join(', ')}, and not ${topic} (KAFKA_TOPIC_PAYMENTS)`];
    members = Object.entries(ofTopic);
    where = `${topic}, `;
  }
  const problems = members.flatMap(([partition, offset]) => {
    const text = typeof offset === 'number' || typeof offset === 'string' ? String(offset) : JSON.stringify(offset);
    const problem = put(offsets, partition, text);
    return problem === undefined ? [] : [`${where}member ${JSON.stringify(partition.slice(0, 60))}: ${problem}`];
  });
  return problems.slice(0, PROBLEMS_MAX);
}

function put(offsets: Map<number, number>, partition: string, offset: string): string | undefined {
  if (!/^\d{1,9}$/.test(partition))
    return `a partition is a number from 0, not ${JSON.stringify(partition.slice(0, 60))}`;
  if (!/^\d{1,16}$/.test(offset) || !Number.isSafeInteger(Number(offset))) {
    const hint = /^-[12]$/.test(offset) ? ' (-1 and -2 stand for an end of the log: write the offset itself)' : '';
    return `an offset is a whole number from 0, not ${JSON.stringify(offset.slice(0, 60))}${hint}`;
  }
  if (offsets.has(Number(partition))) return `partition ${Number(partition)} stands there twice`;
  offsets.set(Number(partition), Number(offset));
  return undefined;
}
