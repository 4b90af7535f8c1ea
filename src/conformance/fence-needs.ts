/** Finalize as a fence (bigquery facts A2): what makes a takeover safe, and is least documented. */
import { saysFinalized } from '../sinks/bigquery/write/append-answers.ts';
import { GRPC_STATUS, RpcError } from '../sinks/bigquery/write/write-rpc.ts';
import { numbers } from './append-needs.ts';
import type { Bench, RawCall } from './bench.ts';
import { demand, demandEqual, show } from './demand.ts';
import { differs, type Need, type Result } from './need.ts';

const RACES = 6;
const RACING_APPENDS = 8;
const ROWS = 5;
/** An append that was only on its way when finalize answered has landed by then, if it ever does. */
const STRAGGLERS_MS = 1_500;

async function nothingAfter(bench: Bench): Promise<Result | string> {
  const stream = await bench.stream();
  const open = bench.call(stream);
  open.send(0, 2);
  await open.answered(1);
  demandEqual(await bench.finalize(stream), 2, 'row count');
  open.send(2, 1);
  await open.answered(2);
  await open.close();
  const late = bench.call(stream, true);
  late.send(2, 1);
  await late.answered(1);
  demandEqual(await bench.stored(), [0, 1], 'rows');
  return wordingOf([
    { call: open, index: 1 },
    { call: late, index: 0 },
  ]);
}

function wordingOf(refused: readonly { readonly call: RawCall; readonly index: number }[]): Result | string {
  const seen = new Set<string>();
  for (const { call, index } of refused) {
    demand(call.answers[index]?.acknowledged !== true, () => 'an append after finalize was acknowledged');
    const refusal = call.refusal(index);
    const { INVALID_ARGUMENT, FAILED_PRECONDITION } = GRPC_STATUS;
    const known = refusal !== undefined && saysFinalized(refusal);
    demand(
      known && (refusal?.code === INVALID_ARGUMENT || refusal?.code === FAILED_PRECONDITION),
      () =>
        `refused with code ${refusal?.code} and "${refusal?.message}", which the processor does not read as finalized`,
    );
    seen.add(refusal!.code === INVALID_ARGUMENT ? 'INVALID_ARGUMENT' : 'FAILED_PRECONDITION');
  }
  const codes = [...seen].join(', ');
  return codes === 'INVALID_ARGUMENT'
    ? `refused with ${codes}`
    : differs(`refused with ${codes}; the service is known to say INVALID_ARGUMENT`);
}

/** Appends are in flight on an open connection while another client finalizes. */
async function race(bench: Bench): Promise<string> {
  let cut = 0;
  for (let round = 0; round < RACES; round++) {
    const first = round * 1_000;
    const stream = await bench.stream();
    const call = bench.call(stream);
    call.send(0, ROWS, first);
    await call.answered(1);
    for (let i = 1; i < RACING_APPENDS; i++) call.send(i * ROWS, ROWS, first + i * ROWS);
    await bench.endpoint.runtime.sleep(round * 3);
    const rowCount = await bench.finalize(stream);
    const seenAtOnce = (await bench.stored()).filter((offset) => offset >= first).length;
    await call.answered(RACING_APPENDS);
    await bench.endpoint.runtime.sleep(STRAGGLERS_MS / RACES);
    const acknowledged = call.answers.filter((answer) => answer.acknowledged).length * ROWS;
    const stored = (await bench.stored()).filter((offset) => offset >= first);
    demandEqual(seenAtOnce, rowCount, `round ${round}: rows seen just after finalize, against its count`);
    demandEqual(stored, numbers(rowCount, first), `round ${round}: rows in the end`);
    demand(acknowledged <= rowCount, () => `round ${round}: ${acknowledged} rows acknowledged, ${rowCount} counted`);
    if (rowCount < RACING_APPENDS * ROWS) cut++;
  }
  return `${RACES} races, ${cut} of them cut appends short; no row landed after the answer`;
}

async function repeatable(bench: Bench): Promise<Result | string> {
  const stream = await bench.stream();
  const empty = await bench.stream();
  const call = bench.call(stream);
  call.send(0, 5);
  call.send(5, 2);
  await call.answered(2);
  await call.close();
  const once = await finalizeAtOnce(bench, stream, 3);
  const counts = [...once, ...(await finalizeAtOnce(bench, stream, 1))];
  const none = [...(await finalizeAtOnce(bench, empty, 1)), ...(await finalizeAtOnce(bench, empty, 1))];
  demand(once.includes(7), () => `row counts of three finalizes at once: expected 7, saw ${show(once)}`);
  demandEqual(none[0], 0, 'row count of an empty stream');
  const refused = [...counts, ...none].filter((count) => count === 'refused').length;
  demandEqual(
    [
      counts.filter((count) => count !== 'refused' && count !== 7),
      none.filter((count) => count !== 'refused' && count !== 0),
    ],
    [[], []],
    'other row counts of finalize, repeated',
  );
  if (refused === 0) return 'three at once and one more give the same exact count';
  return differs(`the exact count, and ${refused} repetitions refused; appends then say that the stream is finalized`);
}

/** Counts; or that it is refused, and that an append says why: as the processor finds it out. One probe after the other. */
async function finalizeAtOnce(bench: Bench, stream: string, times: number): Promise<(number | 'refused')[]> {
  const asked = await Promise.allSettled(Array.from({ length: times }, () => bench.finalize(stream)));
  const counts: (number | 'refused')[] = [];
  for (const answer of asked) {
    if (answer.status === 'fulfilled') counts.push(answer.value);
    else counts.push(await refusedAsDone(bench, stream, answer.reason));
  }
  return counts;
}

async function refusedAsDone(bench: Bench, stream: string, error: unknown): Promise<'refused'> {
  const { INVALID_ARGUMENT, FAILED_PRECONDITION } = GRPC_STATUS;
  if (!(error instanceof RpcError) || (error.code !== INVALID_ARGUMENT && error.code !== FAILED_PRECONDITION))
    throw error;
  const found = saysFinalized(error) ? 'finalized' : (await bench.probe(stream)).state;
  demand(
    found === 'finalized',
    () => `finalize is refused (code ${error.code}, ${error.message}) and the stream is ${found}`,
  );
  return 'refused';
}

async function ownStreamOnly(bench: Bench): Promise<string> {
  const [one, two] = [await bench.stream(), await bench.stream()];
  const call = bench.call(two);
  call.send(0, 1);
  await call.answered(1);
  await bench.finalize(one);
  call.send(1, 1);
  demandEqual((await call.answered(2))[1]?.acknowledged, true, 'append to the other stream');
  return 'other streams of the table still take rows';
}

export const FENCE_NEEDS: readonly Need[] = [
  {
    name: 'nothing-after-finalize',
    statement: 'nothing is appended after finalize has answered, on any connection',
    basis: 'documented',
    check: nothingAfter,
  },
  {
    name: 'finalize-against-appends',
    statement: 'of appends that race finalize, exactly those that it counted are there',
    basis: 'inferred',
    check: race,
  },
  {
    name: 'finalize-repeatable',
    statement: 'finalize can be repeated or is refused as done, and its row count is exact',
    basis: 'inferred',
    check: repeatable,
  },
  {
    name: 'finalize-own-stream',
    statement: 'finalizing a stream does nothing to another one of the table',
    basis: 'documented',
    check: ownStreamOnly,
  },
];
