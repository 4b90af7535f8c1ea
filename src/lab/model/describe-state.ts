/** States of the protocol on BigQuery in words, for traces. */
import { FINALIZED, GONE, NEVER, type Owner, type Process, type State, type Stream, type Update } from './state.ts';

/** A line per part of a state. */
export function describeState(state: State, names: string): Map<string, string> {
  const { ownership, sets, updates, processes, environment } = state;
  const lines = new Map<string, string>();
  const history = ownership.history.map(({ from, setting }) => `setting ${setting} from ${from}`).join(', ');
  lines.set(
    'ownership',
    `ownership: epoch ${ownership.epoch}, claimed by ${ownerName(ownership.claimant, names)}, streams of sets [${ownership.listed}], ${history}`,
  );
  sets.forEach(({ epoch, data, checkpoints }, index) => {
    const rows = data.map(
      (stream, table) =>
        `${'AB'[table]} ${streamText(stream, ({ record, index: at, version }) => `${record}.${at}${version ? "'" : ''}`)}`,
    );
    const points = streamText(checkpoints, ({ nextOffset }) => String(nextOffset));
    lines.set(`set ${index}`, `set ${index} (epoch ${epoch}): ${rows.join('; ')}; checkpoints ${points}`);
  });
  lines.set(
    'updates',
    `on the way: ${updates.map((update) => updateText(update, names)).join('; ') || 'no statement'}`,
  );
  processes.forEach((process, index) => {
    lines.set(names[index]!, `${names[index]}: ${processText(process)}`);
  });
  const { start, end, rewrittenFrom } = environment.log;
  const rewritten = rewrittenFrom === NEVER ? '' : `, rewritten from ${rewrittenFrom}`;
  lines.set('log', `log: offsets ${start} to ${end}${rewritten}`);
  return lines;
}

function ownerName(owner: Owner, names: string): string {
  return owner === 0 ? 'nobody' : names[owner - 1]!;
}

/** Rows visible, then (landed only), then [on their way]. */
function streamText<Entry>({ status, rows, landed, visible }: Stream<Entry>, name: (entry: Entry) => string): string {
  const part = (from: number, to: number) => rows.slice(from, to).map(name).join(' ');
  const visibleRows = part(0, visible) || '-';
  const landedRows = landed > visible ? ` (${part(visible, landed)})` : '';
  const onTheirWay = rows.length > landed ? ` [${part(landed, rows.length)}]` : '';
  const state = status === FINALIZED ? ' finalized' : status === GONE ? ' lost' : '';
  return visibleRows + landedRows + onTheirWay + state;
}

function updateText(update: Update, names: string): string {
  const sender = ownerName(update.sender, names);
  return update.kind === 'claim'
    ? `claim of ${sender} if epoch is ${update.expected}${update.lost ? ', its streams lost' : ''}`
    : `setting ${update.entry.setting} from ${update.entry.from} by ${sender}`;
}

function processText(process: Process): string {
  switch (process.at) {
    case 'ownership-read':
    case 'claiming':
      return `${process.at}, epoch was ${process.expected}, older sets [${process.older}]`;
    case 'fencing':
      return `fencing, own set ${process.own}, older sets [${process.older}]`;
    case 'reading-rows': {
      const { position, found } = process;
      const rows = found.map((of, table) => `${of.length} of ${'AB'[table]}`).join(', ');
      return `reading-rows from checkpoint ${position.checkpoint.nextOffset}, found ${rows || 'nothing yet'}`;
    }
    case 'adding-settings':
      return `adding-settings ${process.entry.setting} from ${process.entry.from}`;
    case 'running':
      return `running, own set ${process.own}, began at ${process.began}, next ${process.next}, no checkpoint below ${process.noCheckpointBelow}, ${process.hold}`;
    default:
      return process.at;
  }
}
