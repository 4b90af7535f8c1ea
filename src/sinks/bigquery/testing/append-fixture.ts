/** What the unit tests of the append client start from. */
import type { EncodedRows } from '../ports.ts';
import type { Waiting } from '../query/waiting.ts';
import { type AppendLimits, DEFAULT_SINK_LIMITS } from '../sink-limits.ts';
import { AppendStream, type AppendStreamOptions } from '../write/append-stream.ts';
import { ScriptedRpc } from './scripted-rpc.ts';
import { VirtualRuntime } from './virtual-runtime.ts';

export const STREAM = { epoch: 1, table: 'payment_transactions', name: 'streams/a', createdAtMs: 0 } as const;

export function rows(rowCount: number, byteLength = 100): EncodedRows {
  return { rowCount, byteLength, payload: { of: rowCount } };
}

export interface StartOptions extends Pick<AppendStreamOptions, 'isEmulator' | 'inspectTable'> {
  /** The stream was made just now; otherwise long ago. */
  readonly isNew?: boolean;
}

/** An append stream on a scripted service, in virtual time. */
export function start(limits: Partial<AppendLimits> = {}, { isNew = false, ...options }: StartOptions = {}) {
  const rpc = new ScriptedRpc();
  const runtime = new VirtualRuntime();
  const waits: Waiting[] = [];
  const stream = new AppendStream({
    rpc,
    runtime,
    stream: isNew ? { ...STREAM, createdAtMs: runtime.nowMs() } : STREAM,
    ...options,
    limits: { ...DEFAULT_SINK_LIMITS, ...limits },
    onWaiting: (waiting) => waits.push(waiting),
  });
  /** Appends, and keeps what became of it. */
  const append = (rowCount: number, byteLength?: number) => {
    const outcome: { state: 'pending' | 'done' | Error } = { state: 'pending' };
    stream.append(rows(rowCount, byteLength)).then(
      () => {
        outcome.state = 'done';
      },
      (error: Error) => {
        outcome.state = error;
      },
    );
    return outcome;
  };
  const { appendDeadlineMs, backoffMaxMs } = { ...DEFAULT_SINK_LIMITS, ...limits };
  return { rpc, runtime, stream, append, waits, appendDeadlineMs, backoffMaxMs };
}
