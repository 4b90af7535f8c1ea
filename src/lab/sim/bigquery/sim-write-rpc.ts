/**
 * WriteRpc of one life of a process, at the simulated service: unary calls, and AppendRows calls as pairs of FIFO queues.
 * The append client above it is the real one.
 * Invariants: (1) requests of one call arrive in order, answers come in order; (2) what left a process may arrive after its
 * death, after a cancelled call, after a newer call to the same stream; (3) onEnd is called once, nothing after it.
 */
import {
  type AppendCall,
  type AppendCallHandlers,
  GRPC_STATUS,
  RpcError,
  type WriteRpc,
} from '../../../sinks/bigquery/write/write-rpc.ts';
import type { AnswerEffect } from '../case/answers.ts';
import { latencyMs } from '../world/context.ts';
import type { Life } from '../world/life.ts';
import { SimAppendCall } from './sim-append-call.ts';
import { refusal, type SimWriteService, serviceDown, shortName } from './sim-write-service.ts';

/** What takes effect all the same. */
const HAS_EFFECT: readonly AnswerEffect[] = ['late', 'lost_after', 'internal_after', 'invalid_after'];

export class SimWriteRpc implements WriteRpc {
  readonly #life: Life;
  readonly #service: SimWriteService;
  readonly #calls = new Set<SimAppendCall>();

  constructor(life: Life, service: SimWriteService) {
    this.#life = life;
    this.#service = service;
    life.onChange((state) => {
      if (state === 'dead') for (const call of this.#calls) call.abandon();
    });
  }

  createWriteStream(tablePath: string): Promise<string> {
    return this.#unary('create_stream', () => {
      const { name } = this.#service.tables.createStream(tablePath);
      this.#life.context.trace.add('bigquery', `create ${shortName(name)} for ${this.#life.process}`);
      return name;
    });
  }

  finalizeWriteStream(name: string): Promise<{ readonly rowCount: number }> {
    return this.#unary('finalize', () => {
      const stream = this.#service.tables.streams.get(name);
      if (stream === undefined || stream.status === 'lost') {
        throw new RpcError(GRPC_STATUS.NOT_FOUND, `Requested entity was not found. Stream: ${name}`);
      }
      stream.status = 'finalized';
      this.#life.context.trace.add('bigquery', `finalize ${shortName(name)} rows=${stream.rowCount}`);
      return { rowCount: stream.rowCount };
    });
  }

  appendRows(streamName: string, handlers: AppendCallHandlers): AppendCall {
    const call = new SimAppendCall(this.#life, this.#service, streamName, handlers, () => this.#calls.delete(call));
    this.#calls.add(call);
    return call;
  }

  close(): Promise<void> {
    for (const call of [...this.#calls]) call.cancel();
    return Promise.resolve();
  }

  /** `perform` takes effect at the service and may throw an RpcError. */
  #unary<T>(operation: 'create_stream' | 'finalize', perform: () => T): Promise<T> {
    return this.#life.call<T>((resolve, reject) => {
      const { context } = this.#life;
      const injected = context.faults.request(operation, this.#life.process);
      const answer = (settle: () => void): void => {
        context.scheduler.after(latencyMs(context), settle);
      };
      const effect = injected?.effect;
      const hasEffect = effect === undefined || HAS_EFFECT.includes(effect);
      const delayMs = latencyMs(context) + (effect === 'late' ? (injected?.delayMs ?? 0) : 0);
      context.scheduler.after(delayMs, () => {
        const down = serviceDown(context, this.#service);
        if (down !== undefined) return answer(() => reject(down));
        try {
          const result = hasEffect ? perform() : undefined;
          const refused = refusal(effect);
          answer(() => (refused === undefined ? resolve(result as T) : reject(refused)));
        } catch (error) {
          if (!(error instanceof RpcError)) throw error;
          answer(() => reject(error));
        }
      });
    });
  }
}
