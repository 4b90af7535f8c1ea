/**
 * Append calls do not starve each other, as calls that share a connection do in Node's HTTP/2. Uses a real gRPC server.
 */
import { credentials } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { serveAcknowledgements } from '../../../../bench/parts/acknowledging-sink.ts';
import { openAppendCall } from './append-connection.ts';
import type { AppendCall, RpcError } from './write-rpc.ts';

const BUSY_CALLS = 3;
const WAITING_EACH = 3;
/** Answers to the busy calls. A call that shares their connection has had none by then. */
const ENOUGH = 60;
const payload = { schemaBytes: Buffer.alloc(10), recordBatchBytes: Buffer.alloc(800_000) };

test('a call with little to send is served beside calls that always have something waiting', async () => {
  const { port, server } = await serveAcknowledgements();
  const endpoint = { address: `127.0.0.1:${port}`, credentials: credentials.createInsecure(), channel: {} };
  const calls: AppendCall[] = [];
  const ended: (RpcError | undefined)[] = [];
  let answersToBusy = 0;
  const open = (name: string, onAnswer: () => void): ((offset: number) => void) => {
    const call = openAppendCall(endpoint, name, { onAnswer, onEnd: (error) => ended.push(error) }, () => {});
    calls.push(call);
    return (offset) => void call.write({ writeStream: name, offset, payload, withSchema: offset === 0 });
  };
  try {
    const outcome = await new Promise<string>((resolve) => {
      for (let number = 0; number < BUSY_CALLS; number += 1) {
        const write = open(`busy-${number}`, () => {
          answersToBusy += 1;
          if (answersToBusy === 10) open('late', () => resolve('served'))(0);
          if (answersToBusy === 10 + ENOUGH) resolve('starved');
          write(answersToBusy);
        });
        for (let waiting = 0; waiting < WAITING_EACH; waiting += 1) write(waiting);
      }
    });
    expect(outcome).toBe('served');
    expect(ended).toEqual([]);
  } finally {
    for (const call of calls) call.cancel();
    server.forceShutdown();
  }
  expect(ended).toHaveLength(calls.length);
});
