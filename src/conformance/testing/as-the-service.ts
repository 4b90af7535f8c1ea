/**
 * An emulator with the manners of the real service, as its documentation and vendors' tests have them: streams that are not
 * found for a while after they were made, one connection for each, ids that it never gave refused as malformed, its wording of
 * "finalized", a second finalize that is refused, connections that are cut now and then.
 */
import {
  type AppendAnswer,
  type AppendCall,
  GRPC_STATUS,
  RpcError,
  type WriteRpc,
} from '../../sinks/bigquery/write/write-rpc.ts';

export interface Manners {
  /** Number of calls about a new stream, and of attempts to make one on a table, that are answered NOT_FOUND. */
  readonly notFoundFirst?: number;
  /** A second finalize: its count, a refusal with a storage error, or one without a word. */
  readonly finalizeAgain?: 'count' | 'storage_error' | 'silent';
  /** Every n-th AppendRows call is cut at its first request. */
  readonly cutEvery?: number;
}

const { ABORTED, FAILED_PRECONDITION, INVALID_ARGUMENT, NOT_FOUND } = GRPC_STATUS;
const NOT_THERE = new RpcError(NOT_FOUND, 'Requested entity was not found.');
const INVALID = new RpcError(INVALID_ARGUMENT, 'Request contains an invalid argument.');

/** One service, however many clients are wrapped. */
export class TheService {
  readonly #manners: Manners;
  readonly #asked = new Map<string, number>();
  readonly #given = new Set<string>();
  readonly #connected = new Set<string>();
  readonly #finalized = new Set<string>();
  #calls = 0;

  constructor(manners: Manners = {}) {
    this.#manners = manners;
  }

  wrap(rpc: WriteRpc): WriteRpc {
    return {
      createWriteStream: async (path) => {
        this.#mustBeKnown(path);
        const name = await rpc.createWriteStream(path);
        this.#given.add(name);
        return name;
      },
      finalizeWriteStream: async (name) => {
        if (!this.#given.has(name)) throw INVALID;
        this.#mustBeKnown(name);
        const { finalizeAgain = 'count' } = this.#manners;
        const isAgain = this.#finalized.has(name);
        this.#finalized.add(name);
        if (isAgain && finalizeAgain === 'silent') throw INVALID;
        if (isAgain && finalizeAgain === 'storage_error') {
          throw new RpcError(INVALID_ARGUMENT, INVALID.message, 'STREAM_FINALIZED');
        }
        return rpc.finalizeWriteStream(name);
      },
      appendRows: (name, handlers) => {
        const refusal = this.#refusalOf(name);
        const isCut =
          refusal === undefined && ++this.#calls % (this.#manners.cutEvery ?? Number.POSITIVE_INFINITY) === 0;
        if (refusal !== undefined || isCut) {
          const error = refusal ?? new RpcError(ABORTED, 'The server is restarting');
          return deadCall(() => handlers.onEnd(error));
        }
        this.#connected.add(name);
        return rpc.appendRows(name, {
          onAnswer: (answer) => handlers.onAnswer(inItsWords(answer)),
          onEnd: (error) => {
            this.#connected.delete(name);
            handlers.onEnd(error);
          },
        });
      },
      close: () => rpc.close(),
    };
  }

  #refusalOf(name: string): RpcError | undefined {
    if (!this.#given.has(name)) return INVALID;
    if (this.#connected.has(name)) return new RpcError(FAILED_PRECONDITION, 'the stream has a connection');
    try {
      this.#mustBeKnown(name);
      return undefined;
    } catch (error) {
      return error as RpcError;
    }
  }

  #mustBeKnown(what: string): void {
    const asked = this.#asked.get(what) ?? 0;
    this.#asked.set(what, asked + 1);
    if (asked < (this.#manners.notFoundFirst ?? 0)) throw NOT_THERE;
  }
}

function inItsWords(answer: AppendAnswer): AppendAnswer {
  if (answer.error?.code !== FAILED_PRECONDITION) return answer;
  return { ...answer, error: new RpcError(INVALID_ARGUMENT, 'Stream has been finalized.', 'STREAM_FINALIZED') };
}

/** Ends with the first thing that is written to it. */
function deadCall(end: () => void): AppendCall {
  let isOver = false;
  const over = (): void => {
    if (isOver) return;
    isOver = true;
    setImmediate(end);
  };
  return {
    write: () => {
      over();
      return true;
    },
    end: over,
    cancel: over,
  };
}
