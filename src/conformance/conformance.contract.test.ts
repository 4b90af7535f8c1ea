/**
 * The emulator keeps what the protocol needs; endpoints that lie about one thing are found by the need that says so.
 * A service with manners of its own, which conforms all the same: conformance.long.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemRuntime } from '../base/system-runtime.ts';
import { bigQueryEndpoints } from '../sinks/bigquery/testing/contract-endpoints.ts';
import { GRPC_STATUS, RpcError, type WriteRpc } from '../sinks/bigquery/write/write-rpc.ts';
import { NEEDS } from './conformance.ts';
import { needText, verdictText } from './conformance-text.ts';
import { openEndpoint } from './open-endpoint.ts';
import { TheService } from './testing/as-the-service.ts';
import { type Lie, LyingEndpoint, PROJECT } from './testing/lying-endpoint.ts';

let endpoint: LyingEndpoint;

beforeAll(async () => {
  endpoint = await LyingEndpoint.open();
});
afterAll(() => endpoint?.close());

async function brokenBy(only: string, lie: Lie): Promise<string[]> {
  const { needs, conforms } = await endpoint.tried({ only: [only] }, lie);
  expect(conforms).toBe(needs.every(({ state }) => state !== 'fails'));
  return needs.filter(({ state }) => state === 'fails').map(({ name }) => name);
}

test('the emulator conforms, and differs from the service in three known ways only', async () => {
  const report = await endpoint.tried();
  expect(report.needs.filter(({ state }) => state !== 'holds').map(({ name, state }) => [name, state])).toEqual([
    ['refused-content', 'differs'],
    ['nothing-after-finalize', 'differs'],
    ['job-id-once', 'differs'],
  ]);
  expect(report.needs).toHaveLength(NEEDS.length);
  expect(verdictText(report)).toMatch(/^CONFORMS: \d+ hold, 3 differ as allowed, 0 do not hold/);
  for (const need of report.needs) {
    expect(needText(need).split('\n')[0]!.length).toBeLessThanOrEqual(80);
  }
});

describe('an endpoint that breaks its word is found when it', () => {
  test('answers finalize without finalizing', async () => {
    const swallowed = (): Partial<WriteRpc> => ({ finalizeWriteStream: async () => ({ rowCount: 2 }) });
    expect(await brokenBy('nothing-after-finalize', { rpc: swallowed })).toEqual(['nothing-after-finalize']);
  });

  test('miscounts by one when it finalizes', async () => {
    const miscounting = (rpc: WriteRpc): Partial<WriteRpc> => ({
      finalizeWriteStream: async (name) => ({ rowCount: (await rpc.finalizeWriteStream(name)).rowCount + 1 }),
    });
    expect(await brokenBy('finalize-repeatable', { rpc: miscounting })).toEqual(['finalize-repeatable']);
    expect(await brokenBy('finalize-against-appends', { rpc: miscounting })).toEqual(['finalize-against-appends']);
  });

  test('refuses to finalize, and still takes rows', async () => {
    const refusing = (): Partial<WriteRpc> => ({
      finalizeWriteStream: async () => {
        throw new RpcError(GRPC_STATUS.INVALID_ARGUMENT, 'Request contains an invalid argument.');
      },
    });
    expect(await brokenBy('finalize-repeatable', { rpc: refusing })).toEqual(['finalize-repeatable']);
  });

  test('calls a stream finalized that it does not know', async () => {
    const lying = (): Partial<WriteRpc> => ({
      finalizeWriteStream: async () => {
        throw new RpcError(GRPC_STATUS.INVALID_ARGUMENT, 'Request contains an invalid argument.', 'STREAM_FINALIZED');
      },
    });
    expect(await brokenBy('unknown-stream', { rpc: lying })).toEqual(['unknown-stream']);
  });

  test('cuts every connection', async () => {
    const service = new TheService({ cutEvery: 1 });
    const { conforms } = await endpoint.tried({ only: ['nulls'] }, { rpc: (rpc) => service.wrap(rpc) });
    expect(conforms).toBe(false);
  });

  test('acknowledges an append that it drops', async () => {
    expect(await brokenBy('read-after-acknowledgement', { rpc: dropping })).toEqual(['read-after-acknowledgement']);
  });

  test('appends at the end, at any offset', async () => {
    expect(await brokenBy('offsets-enforced', { rpc: ignoringOffsets })).toEqual(['offsets-enforced']);
  });

  test('updates although the condition does not hold', async () => {
    const rest = (sql: string): string => sql.replace('o.epoch = c.expected_epoch', 'o.epoch >= 0');
    expect(await brokenBy('one-claim-wins', { rest })).toEqual(['one-claim-wins']);
    expect(await brokenBy('late-claim-loses', { rest })).toEqual(['late-claim-loses']);
  });

  test('merges without looking at what is there', async () => {
    const condition = '_t.transaction_id = _s.transaction_id';
    let changed = 0;
    const rest = (sql: string): string => {
      if (sql.includes(condition)) changed += 1;
      return sql.replace(condition, 'FALSE');
    };
    expect(await brokenBy('merge-beside-streams', { rest })).toEqual(['merge-beside-streams']);
    expect(changed).toBeGreaterThan(0);
  });
});

/** The third append of a call is acknowledged and goes nowhere. */
function dropping(rpc: WriteRpc): Partial<WriteRpc> {
  return {
    appendRows(name, handlers) {
      let writes = 0;
      const call = rpc.appendRows(name, handlers);
      return {
        write(request) {
          if (++writes !== 3) return call.write(request);
          setImmediate(() => handlers.onAnswer({ offset: request.offset, acknowledged: true, rowErrors: [] }));
          return true;
        },
        end: () => call.end(),
        cancel: () => call.cancel(),
      };
    },
  };
}

/** Each append goes to a stream of its own, at its start: none is ever refused. */
function ignoringOffsets(rpc: WriteRpc): Partial<WriteRpc> {
  return {
    appendRows(name, handlers) {
      const calls: ReturnType<WriteRpc['appendRows']>[] = [];
      let turn = Promise.resolve();
      return {
        write(request) {
          turn = turn.then(async () => {
            const own = await rpc.createWriteStream(name.replace(/\/streams\/.*/, ''));
            const call = rpc.appendRows(own, { onAnswer: (answer) => handlers.onAnswer(answer), onEnd: () => {} });
            calls.push(call);
            call.write({ ...request, writeStream: own, offset: 0, withSchema: true });
          });
          return true;
        },
        end: () => {},
        cancel: () => calls.forEach((call) => void call.cancel()),
      };
    },
  };
}

test('no dataset but one of its own is ever made or removed', async () => {
  const options = { projectId: PROJECT, ...bigQueryEndpoints(), runtime: systemRuntime };
  await expect(openEndpoint({ projectId: PROJECT, dataset: 'payment_data' }, options)).rejects.toThrow('not a dataset');
  await expect(openEndpoint(endpoint.dataset, options)).rejects.toThrow('exists already');
});
