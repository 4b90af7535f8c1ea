/**
 * Whether the parts serve: a real answer of the broker and of the emulator's REST side, a connection to its gRPC side.
 */
import { connect, type Socket } from 'node:net';
import type { ExternalEndpoints } from './types.ts';

/** ApiVersions, version 0, correlation id 1, no client id: the only request that every broker answers. */
const API_VERSIONS_REQUEST = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff]);

/**
 * Resolves when the first broker answers a request, which it does only once it is registered and unfenced. In plain
 * bytes: a client would retry, log and warn until then.
 */
export async function probeKafka(bootstrapServers: string, signal: AbortSignal): Promise<void> {
  const socket = await connected(bootstrapServers.split(',')[0]!, signal);
  try {
    socket.write(API_VERSIONS_REQUEST);
    const answer: Buffer = await new Promise((resolve, reject) => {
      socket.once('data', resolve).once('error', reject);
      socket.once('close', () => reject(new Error('the broker closed the connection without an answer')));
    });
    if (answer.length < 10 || answer.readInt32BE(4) !== 1) throw new Error('the answer is not that of a Kafka broker');
  } finally {
    socket.destroy();
  }
}

export async function probeEmulator(
  endpoints: Pick<ExternalEndpoints, 'bigqueryEmulatorHost' | 'bigqueryStorageEmulatorHost'>,
  signal: AbortSignal,
): Promise<void> {
  const response = await fetch(`http://${endpoints.bigqueryEmulatorHost}/healthz`, { signal });
  await response.body?.cancel();
  // Another emulator may have no /healthz; an HTTP answer is enough then.
  if (response.status >= 500) throw new Error(`the emulator's /healthz answered ${response.status}`);
  (await connected(endpoints.bigqueryStorageEmulatorHost, signal)).destroy();
}

function connected(hostAndPort: string, signal: AbortSignal): Promise<Socket> {
  const separator = hostAndPort.lastIndexOf(':');
  const host = hostAndPort.slice(0, separator);
  const port = Number(hostAndPort.slice(separator + 1));
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    socket.once('error', reject);
    socket.once('connect', () => resolve(socket));
  });
}
