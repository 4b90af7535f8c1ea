/**
 * Bounds what one answer over HTTP may hold. The library that carries REST calls collects an answer whole, however long it is,
 * and something in between may answer without end: then the process would die for lack of memory, again after each start. Node
 * tells of every answer before its body (`http.client.response.finish`); one to a bounded host that grows too large is broken off, which
 * its caller sees as a lost answer.
 *
 * Bytes are counted as they come over the wire: what they unpack to is not bounded here.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';

/** Greatest answer by `host:port`, as requests name it. */
const bounds = new Map<string, number>();

/** From now on, for this process. */
export function boundAnswers(baseUrl: string, maxBytes: number): void {
  if (bounds.size === 0) subscribe('http.client.response.finish', (message) => watch(message as Answered));
  bounds.set(new URL(baseUrl).host, maxBytes);
}

interface Answered {
  readonly request: ClientRequest;
  readonly response: IncomingMessage;
}

function watch({ request, response }: Answered): void {
  const maxBytes = bounds.get(String(request.getHeader('host')));
  if (maxBytes === undefined) return;
  let bytes = 0;
  // Not by listening for `data`: that would make it flow before its reader is there, who would find it empty.
  const push = response.push.bind(response);
  response.push = (part: Buffer | null, encoding?: BufferEncoding): boolean => {
    bytes += part?.length ?? 0;
    if (bytes <= maxBytes) return push(part, encoding);
    response.destroy(new Error(`an answer of more than ${maxBytes} bytes`));
    return false;
  };
}
