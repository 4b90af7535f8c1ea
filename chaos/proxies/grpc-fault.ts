/** What the GrpcProxy can do to one request of the Storage Write API, as plain data. */

export const WRITE_METHODS = [
  'CreateWriteStream',
  'AppendRows',
  'GetWriteStream',
  'FinalizeWriteStream',
  'BatchCommitWriteStreams',
  'FlushRows',
] as const;
export type WriteMethod = (typeof WRITE_METHODS)[number];

export type GrpcFault =
  /** The service acts; its answer, and all later ones of the call, never come. The call hangs until someone gives up. */
  | { readonly kind: 'swallow-answers' }
  /** The service acts; the call ends with this status instead of its answer. */
  | { readonly kind: 'lose-answer'; readonly code: number }
  /** The service never hears of the request; the call ends with this status once earlier answers are out. */
  | { readonly kind: 'refuse'; readonly code: number; readonly message: string }
  /** The service never hears of the request; AppendRows says so in an answer of its own, and the call stays open. */
  | { readonly kind: 'refuse-in-band'; readonly code: number; readonly message: string }
  /**
   * The call ends without a gRPC status: with RST_STREAM of this HTTP/2 error code, or with the whole connection (a TCP reset).
   * `asked`: right after the request has gone on to the service, whose answer nobody waits for; `answered`: in place of the answer.
   */
  | { readonly kind: 'reset'; readonly at: 'asked' | 'answered'; readonly what: number | 'connection' }
  /** The service acts; its answer, and all later ones of the call, come late. */
  | { readonly kind: 'hold-answer'; readonly delayMs: number };
