/** The proxies of one world: between its pipeline and the three services, all on 127.0.0.1. */
import type { Proxies } from '../../../chaos/chaos-target.ts';
import { GrpcProxy } from '../../../chaos/proxies/grpc-proxy.ts';
import { HttpProxy } from '../../../chaos/proxies/http-proxy.ts';
import { KafkaProxy } from '../../../chaos/proxies/kafka-proxy.ts';
import type { TcpProxy } from '../../../chaos/proxies/tcp-proxy.ts';
import type { ExternalEndpoints } from '../../infra/types.ts';

export interface OpenProxies extends Proxies {
  /** What the pipeline is given instead of the services' own. */
  readonly endpoints: ExternalEndpoints;
  close(): Promise<void>;
}

/** `by-name`: the pipeline is given no addresses, and has to look up a name for every connection. */
export async function openProxies(services: ExternalEndpoints, how: true | 'by-name'): Promise<OpenProxies> {
  const name = how === 'by-name' ? 'localhost' : undefined;
  const [kafka, rest, storage] = await Promise.all([
    KafkaProxy.start(services.kafkaBootstrapServers, name),
    HttpProxy.start(services.bigqueryEmulatorHost),
    GrpcProxy.start(services.bigqueryStorageEmulatorHost),
  ]);
  return {
    kafka,
    rest,
    storage,
    endpoints: {
      kafkaBootstrapServers: named(kafka.network, name),
      bigqueryEmulatorHost: named(rest.network, name),
      bigqueryStorageEmulatorHost: named(storage.network, name),
    },
    close: async () => {
      await Promise.all([kafka.close(), rest.close(), storage.close()]);
    },
  };
}

function named({ address, port }: TcpProxy, name: string | undefined): string {
  return name === undefined ? address : `${name}:${port}`;
}
