/** Whether the parts serve: a real answer of the broker's metadata, of the emulator's REST side and of its gRPC side. */
import { connect } from 'node:net';
import { Kafka, logLevel } from 'kafkajs';
import type { ExternalEndpoints } from './types.ts';

/** Resolves when the broker answers a metadata request and names itself as it is reached. */
export async function probeKafka(bootstrapServers: string): Promise<void> {
  const brokers = bootstrapServers.split(',');
  // Cheap, and keeps kafkajs from spending seconds on a port that nobody listens on yet.
  await probeTcp(brokers[0]!, AbortSignal.timeout(2_000));
  const admin = new Kafka({
    brokers,
    clientId: 'provenonce-infra',
    logLevel: logLevel.NOTHING,
    connectionTimeout: 2_000,
    requestTimeout: 3_000,
    retry: { retries: 0 },
  }).admin();
  try {
    await admin.connect();
    const cluster = await admin.describeCluster();
    if (cluster.brokers.length === 0) throw new Error('the Kafka cluster has no broker yet');
  } finally {
    await admin.disconnect();
  }
}

export async function probeEmulator(
  endpoints: Pick<ExternalEndpoints, 'bigqueryEmulatorHost' | 'bigqueryStorageEmulatorHost'>,
  signal: AbortSignal,
): Promise<void> {
  const response = await fetch(`http://${endpoints.bigqueryEmulatorHost}/healthz`, { signal });
  await response.body?.cancel();
  // Another emulator may have no /healthz; that it speaks HTTP is enough then.
  if (response.status >= 500) throw new Error(`the emulator's /healthz answered ${response.status}`);
  await probeTcp(endpoints.bigqueryStorageEmulatorHost, signal);
}

function probeTcp(hostAndPort: string, signal: AbortSignal): Promise<void> {
  const separator = hostAndPort.lastIndexOf(':');
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: hostAndPort.slice(0, separator),
      port: Number(hostAndPort.slice(separator + 1)),
      signal,
    });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}
