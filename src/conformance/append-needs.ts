/** Offsets, visibility and content of appends (bigquery facts A1, A3, A7). */
import { expectedOffsetOf, saysFinalized } from '../sinks/bigquery/write/append-answers.ts';
import { GRPC_STATUS, RpcError } from '../sinks/bigquery/write/write-rpc.ts';
import { type Bench, TABLE } from './bench.ts';
import { demand, demandEqual, show } from './demand.ts';
import { differs, type Need, type Result } from './need.ts';

const ROUNDS = 8;

export function numbers(count: number, from = 0): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

async function offsetsEnforced(bench: Bench): Promise<string> {
  const call = bench.call(await bench.stream());
  call.send(0, 3);
  call.send(0, 3);
  call.send(1, 1, 100);
  call.send(7, 1, 200);
  call.send(3, 2);
  const answers = await call.answered(5);
  const codes = answers.map(({ error }) => error?.code);
  const { ALREADY_EXISTS, OUT_OF_RANGE } = GRPC_STATUS;
  demandEqual(codes, [undefined, ALREADY_EXISTS, ALREADY_EXISTS, OUT_OF_RANGE, undefined], 'codes of five appends');
  demandEqual(call.ends.length, 0, 'ends of the call');
  demandEqual(await bench.stored(), numbers(5), 'rows');
  return 'taken and future offsets are refused in band, and the call stays open';
}

async function expectedOffsetNamed(bench: Bench): Promise<string> {
  const call = bench.call(await bench.stream());
  call.send(0, 4);
  call.send(0, 4);
  const [, again] = await call.answered(2);
  demandEqual(expectedOffsetOf(again?.error?.message ?? ''), 4, `expected offset in ${show(again?.error?.message)}`);
  return `"${again!.error!.message.slice(0, 80)}"`;
}

async function offsetOfStream(bench: Bench): Promise<string> {
  const stream = await bench.stream();
  const first = bench.call(stream);
  first.send(0, 4);
  await first.answered(1);
  await first.close();
  const second = bench.call(stream, true);
  second.send(0, 4);
  second.send(4, 1);
  const answers = await second.answered(2);
  demandEqual(answers[0]?.error?.code, GRPC_STATUS.ALREADY_EXISTS, 'code on another connection');
  demandEqual(answers[1]?.acknowledged, true, 'the next append there');
  demandEqual(await bench.stored(), numbers(5), 'rows');
  return 'another connection sees what the first one wrote';
}

async function readAfterAck(bench: Bench): Promise<string> {
  const call = bench.call(await bench.stream());
  for (let round = 1; round <= ROUNDS; round++) {
    call.send((round - 1) * 3, 3);
    await call.answered(round);
    demandEqual(await bench.stored(), numbers(3 * round), `rows seen just after acknowledgement ${round}`);
  }
  return `${ROUNDS} of ${ROUNDS} queries of another client saw every row`;
}

async function encodings(bench: Bench): Promise<string> {
  const nowMs = bench.endpoint.runtime.nowMs();
  const changes = [
    { amount: 1n },
    { amount: 999_999_999_999_999_123_456_789n },
    { amount: 10n ** 24n },
    { eventTimeMs: Math.floor(nowMs / 1_000) * 1_000 + 1 },
    { eventTimeMs: nowMs - 9 * 365 * 86_400_000 },
    { senderAccountId: 'Ünï "quoted" \\ 漢字 😀', deviceId: "l'été; DROP TABLE x" },
  ];
  const rows = changes.flatMap((change, i) => bench.rows(i, 1, change));
  await bench.put(TABLE, rows);
  const back = await bench.otherQueries.rowsFrom(TABLE, bench.partition, 0);
  const seen = back.map(({ row: { payment } }) => payment);
  demandEqual(
    seen,
    rows.map(({ payment }) => payment),
    'payments read back',
  );
  return 'NUMERIC to the last of nine decimals, TIMESTAMP to the millisecond, any Unicode';
}

async function nulls(bench: Bench): Promise<string> {
  const nowMs = bench.endpoint.runtime.nowMs();
  const row = {
    kafkaOffset: 0,
    disposition: 'rejected',
    reason: 'no_value',
    transactionId: null,
    eventTimeMs: null,
    recordTimeMs: nowMs,
    firstKafkaOffset: null,
    conflict: false,
    payload: null,
    payloadHash: null,
  } as const;
  await bench.put('payment_exceptions', [row]);
  const [back] = await bench.otherQueries.rowsFrom('payment_exceptions', bench.partition, 0);
  demandEqual(back?.row, row, 'row read back');
  return 'a missing value is NULL';
}

/** A good row and one that daily partitions cannot take: twenty years ahead. */
async function refusedContent(bench: Bench): Promise<Result | string> {
  const stream = await bench.stream();
  const call = bench.call(stream);
  const rows = bench.rows(0, 2);
  const ahead = bench.endpoint.runtime.nowMs() + 20 * 365 * 86_400_000;
  const bad = { ...rows[1]!, payment: { ...rows[1]!.payment, eventTimeMs: ahead } };
  call.sendPayload(0, bench.encode(TABLE, [rows[0]!, bad]));
  const [answer] = await call.answered(1);
  const stored = await bench.stored();
  if (answer?.acknowledged) {
    demandEqual(stored, [0, 1], 'rows of the acknowledged batch');
    return differs('an event time 20 years ahead is taken; the service is documented to refuse it');
  }
  demandEqual(stored, [], 'rows of the refused batch');
  await call.close();
  const next = bench.call(stream);
  next.send(0, 1);
  demandEqual((await next.answered(1))[0]?.acknowledged, true, 'the offset is still free after the refusal');
  const said = call.refusal(0)?.message ?? answer?.rowErrors[0]?.message ?? 'row errors';
  return `no row of the batch landed: ${said.slice(0, 100)}`;
}

async function unknownStream(bench: Bench): Promise<Result | string> {
  const unknown = (await bench.stream()).replace(/[^/]+$/, '0123456789abcdef');
  const failure = await bench.finalizeOnce(unknown).then(
    (rowCount) => `an answer: row count ${rowCount}`,
    (error: unknown) => error,
  );
  demand(failure instanceof RpcError, () => `finalize of an unknown stream: ${show(failure)}`);
  const call = bench.call(unknown);
  call.send(0, 1);
  await call.answered(1);
  const codes = [codeOfUnknown('finalize', failure), codeOfUnknown('an append', call.refusal(0))];
  demandEqual(await bench.stored(), [], 'rows');
  if (codes.every((code) => code === 'NOT_FOUND')) return 'NOT_FOUND for finalize and for appends';
  return differs(`${codes.join(', then ')}: the name is none that it gives; neither is taken for finalized`);
}

/** A service that reads its own names out of an id says that ours is none. */
function codeOfUnknown(what: string, refusal: RpcError | undefined): string {
  const said = `${what} of an unknown stream: code ${refusal?.code} (${refusal?.message})`;
  demand(refusal !== undefined && !saysFinalized(refusal), () => `${said}, which reads as finalized, or as taken`);
  const { NOT_FOUND, INVALID_ARGUMENT } = GRPC_STATUS;
  demand(refusal.code === NOT_FOUND || refusal.code === INVALID_ARGUMENT, () => said);
  return refusal.code === NOT_FOUND ? 'NOT_FOUND' : 'INVALID_ARGUMENT';
}

export const APPEND_NEEDS: readonly Need[] = [
  {
    name: 'offsets-enforced',
    statement: 'a row is written at its stream offset or not at all',
    basis: 'documented',
    check: offsetsEnforced,
  },
  {
    name: 'expected-offset-named',
    statement: 'ALREADY_EXISTS names the offset that is expected next',
    basis: 'observed',
    check: expectedOffsetNamed,
  },
  {
    name: 'offset-of-stream',
    statement: 'the offset belongs to the stream, not to the connection',
    basis: 'documented',
    check: offsetOfStream,
  },
  {
    name: 'read-after-acknowledgement',
    statement: 'an acknowledged row is seen by every later query',
    basis: 'documented',
    check: readAfterAck,
  },
  {
    name: 'exact-values',
    statement: 'amounts, times and texts come back as they were sent, through Arrow',
    basis: 'documented',
    check: encodings,
  },
  { name: 'nulls', statement: 'a missing value becomes NULL', basis: 'documented', check: nulls },
  {
    name: 'refused-content',
    statement: 'a batch with a row that the table cannot take lands no row',
    basis: 'observed',
    check: refusedContent,
  },
  {
    name: 'unknown-stream',
    statement: 'a stream that does not exist is refused, and not as finalized',
    basis: 'documented',
    check: unknownStream,
  },
];
