/** A WriteRpc that does nothing by itself: the test sees each call and gives each answer. */
import {
  type AppendAnswer,
  type AppendCall,
  type AppendCallHandlers,
  type AppendRequest,
  RpcError,
  type WriteRpc,
} from '../write/write-rpc.ts';

export class ScriptedCall implements AppendCall {
  readonly requests: AppendRequest[] = [];
  readonly handlers: AppendCallHandlers;
  isEnded = false;
  isCancelled = false;

  constructor(handlers: AppendCallHandlers) {
    this.handlers = handlers;
  }

  get offsets(): number[] {
    return this.requests.map(({ offset }) => offset);
  }

  write(request: AppendRequest): boolean {
    this.requests.push(request);
    return true;
  }

  end(): void {
    this.isEnded = true;
  }

  cancel(): void {
    this.isCancelled = true;
  }

  acknowledge(offset: number | undefined): void {
    this.answer({ acknowledged: true, offset });
  }

  refuse(code: number, message: string, storageErrorCode?: string): void {
    this.answer({ acknowledged: false, error: new RpcError(code, message, storageErrorCode) });
  }

  answer(answer: Partial<AppendAnswer> & { readonly acknowledged: boolean }): void {
    this.handlers.onAnswer({ rowErrors: [], ...answer });
  }

  over(code?: number, message = ''): void {
    this.handlers.onEnd(code === undefined ? undefined : new RpcError(code, message));
  }
}

type Unary<T> = (name: string) => T | RpcError;

export class ScriptedRpc implements WriteRpc {
  readonly calls: ScriptedCall[] = [];
  readonly created: string[] = [];
  readonly finalized: string[] = [];
  onCreate: Unary<string> = (tablePath) => `${tablePath}/streams/1`;
  /** A call was opened. */
  onCall: (call: ScriptedCall) => void = () => {};
  onFinalize: Unary<{ readonly rowCount: number }> = () => ({ rowCount: 0 });

  get lastCall(): ScriptedCall {
    const call = this.calls.at(-1);
    if (call === undefined) throw new Error('no call was opened');
    return call;
  }

  async createWriteStream(tablePath: string): Promise<string> {
    this.created.push(tablePath);
    return orThrow(this.onCreate(tablePath));
  }

  async finalizeWriteStream(name: string): Promise<{ readonly rowCount: number }> {
    this.finalized.push(name);
    return orThrow(this.onFinalize(name));
  }

  appendRows(_streamName: string, handlers: AppendCallHandlers): AppendCall {
    const call = new ScriptedCall(handlers);
    this.calls.push(call);
    this.onCall(call);
    return call;
  }

  async close(): Promise<void> {}
}

function orThrow<T>(answer: T | RpcError): T {
  if (answer instanceof RpcError) throw answer;
  return answer;
}
