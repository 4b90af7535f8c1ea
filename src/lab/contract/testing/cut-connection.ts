/** A road to the write service on which answers get lost, after their effect, and the connection with them. */
import {
  type AppendAnswer,
  type AppendCall,
  GRPC_STATUS,
  RpcError,
  type WriteRpc,
} from '../../../sinks/bigquery/write/write-rpc.ts';

/** Loses the n-th answers, counted over all connections from 1; `before` is done before the caller learns of the cut. */
export function losingAnswers(rpc: WriteRpc, lost: readonly number[], before: () => Promise<void>): WriteRpc {
  let answers = 0;
  return {
    createWriteStream: (path) => rpc.createWriteStream(path),
    finalizeWriteStream: (name) => rpc.finalizeWriteStream(name),
    close: () => rpc.close(),
    appendRows(name, handlers) {
      let isCut = false;
      const call: AppendCall = rpc.appendRows(name, {
        onAnswer(answer: AppendAnswer) {
          if (isCut) return;
          if (!lost.includes(++answers)) {
            handlers.onAnswer(answer);
            return;
          }
          isCut = true;
          call.cancel();
          void before().then(() => handlers.onEnd(new RpcError(GRPC_STATUS.UNAVAILABLE, 'cut')));
        },
        onEnd: (error) => {
          if (!isCut) handlers.onEnd(error);
        },
      });
      return call;
    },
  };
}
