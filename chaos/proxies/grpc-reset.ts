/**
 * Ends a call of a gRPC server below gRPC, by RST_STREAM. grpc-js has no call for that, so this reaches for the HTTP/2 stream
 * that its call object holds; grpc-reset.test.ts notices if it is held elsewhere.
 */
import type { ServerHttp2Stream } from 'node:http2';
import type { ServerDuplexStream } from '@grpc/grpc-js';

/** `code`: an error code of HTTP/2 (RFC 9113, section 7). */
export function resetStream(call: ServerDuplexStream<Buffer, Buffer>, code: number): void {
  const { stream } = (call as unknown as { readonly call?: { readonly stream?: ServerHttp2Stream } }).call ?? {};
  if (stream === undefined) throw new Error('this release of grpc-js keeps the HTTP/2 stream of a call elsewhere');
  stream.close(code);
}
