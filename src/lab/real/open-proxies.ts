/** The proxies of one world: between its pipeline and the three services, all on 127.0.0.1. */
import type { Proxies } from '../../../chaos/chaos-target.ts';
import { GrpcProxy } from '../../../chaos/grpc-proxy.ts';
import { HttpProxy } from '../../../chaos/http-proxy.ts';
import { KafkaProxy } from '../../../chaos/kafka-proxy.ts';
import type { ExternalEndpoints } from '../../infra/types.ts';

export interface OpenProxies extends Proxies {
  /** What the pipeline is given instead of the services' own. */
  readonly endpoints: ExternalEndpoints;
  close(): Promise<void>;
}

export async function openProxies(services: ExternalEndpoints): Promise<OpenProxies> {
  const [kafka, rest, storage] = await Promise.all([
    KafkaProxy.start(services.kafkaBootstrapServers),
    HttpProxy.start(services.bigqueryEmulatorHost),
    GrpcProxy.start(services.bigqueryStorageEmulatorHost),
  ]);
  return {
    kafka,
    rest,
    storage,
    endpoints: {
      kafkaBootstrapServers: kafka.address,
      bigqueryEmulatorHost: rest.address,
      bigqueryStorageEmulatorHost: storage.address,
    },
    close: async () => {
      await Promise.all([kafka.close(), rest.close(), storage.close()]);
    },
  };
}
