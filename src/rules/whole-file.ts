/** What only the file as a whole shows: members that contradict each other. Each problem is a sentence, at the place to change. */
import type { RulesDocument } from '../payments/rules/rules-document.ts';
import { MAX_PATH_TOKENS } from './rules-schema.ts';
import type { Path } from './rules-syntax.ts';

interface WholeFileProblem {
  readonly path: Path;
  readonly what: string;
}

export function wholeFileProblems(document: RulesDocument): WholeFileProblem[] {
  return [
    ...activityProblems(document),
    ...formatProblems(document),
    ...variableProblems(document),
    ...columnProblems(document),
    ...constantProblems(document),
  ];
}

/** Only with `key: sender` is a sender in one partition. */
function activityProblems({ event, fraud }: RulesDocument): WholeFileProblem[] {
  const { key = 'sender' } = event;
  if (key === 'sender' || fraud?.activity === 'off') return [];
  const shown = typeof key === 'string' ? key : `{ path: ${key.path} }`;
  const what =
    `with key: ${shown} the payments of one sender may be in several partitions, so its activity cannot be counted: add ` +
    '`activity: off` to the section fraud (txn_count_5min and unique_devices_sender are then 0), or use key: sender';
  return [{ path: ['event', 'key'], what }];
}

function formatProblems({ event, columns = [] }: RulesDocument): WholeFileProblem[] {
  const { format = 'json', reject_schema_ids = [], keep_rejected_payload = false, amount } = event;
  const isBinary = format === 'avro' || format === 'protobuf';
  const problems: WholeFileProblem[] = [];
  if (format === 'json' && reject_schema_ids.length > 0) {
    problems.push({
      path: ['event', 'reject_schema_ids'],
      what: 'with format: json a record has no schema id: set the format, or take this member out',
    });
  }
  if (!isBinary && keep_rejected_payload) {
    problems.push({
      path: ['event', 'keep_rejected_payload'],
      what: `only with format avro or protobuf: with ${format} the masked payload is kept always`,
    });
  }
  if (format !== 'avro' && amount.decimal_bytes === 'schema') {
    problems.push({
      path: ['event', 'amount', 'decimal_bytes'],
      what: `only an Avro schema says a scale, and the format is ${format}: give the scale as a number`,
    });
  }
  for (const [index, { type }] of columns.entries()) {
    if (type !== 'json' || !isBinary) continue;
    const what = `a column of type json takes the source text of JSON records, and the format is ${format}`;
    problems.push({ path: ['columns', index, 'type'], what });
  }
  return problems;
}

/** The scale and the value are one step below the path. */
function variableProblems({ event: { amount } }: RulesDocument): WholeFileProblem[] {
  const { path, decimal_bytes } = amount;
  const hasRoomBelow = path.startsWith('/') && path.split('/').length <= MAX_PATH_TOKENS;
  if (decimal_bytes !== 'variable' || hasRoomBelow) return [];
  const what =
    'decimal_bytes: variable reads scale and value below the path, so it takes a JSON Pointer of at most ' +
    `${MAX_PATH_TOKENS - 1} steps`;
  return [{ path: ['event', 'amount', 'path'], what }];
}

function columnProblems({ columns = [] }: RulesDocument): WholeFileProblem[] {
  const seen = new Set<string>();
  return columns.flatMap(({ name }, index) => {
    const isTwice = seen.has(name);
    seen.add(name);
    return isTwice ? [{ path: ['columns', index, 'name'], what: `there are two columns ${name}` }] : [];
  });
}

/** Every record would be a copy of the first one. */
function constantProblems({ event }: RulesDocument): WholeFileProblem[] {
  if (event.transaction_id.const === undefined) return [];
  const what = 'transaction_id needs a path: with a constant every record is a copy of the first';
  return [{ path: ['event', 'transaction_id', 'const'], what }];
}
