/** The proxies of one world: between its pipeline and its services, all on 127.0.0.1. */
import type { Proxies } from '../../../chaos/chaos-target.ts';
import { GrpcProxy } from '../../../chaos/proxies/grpc-proxy.ts';
import { HttpProxy } from '../../../chaos/proxies/http-proxy.ts';
import { KafkaProxy } from '../../../chaos/proxies/kafka-proxy.ts';
import type { TcpProxy } from '../../../chaos/proxies/tcp-proxy.ts';
import type { ServiceAddresses } from './tables/world-tables.ts';

export interface OpenProxies extends Proxies {
  /** What the pipeline is given instead of the services' own. */
  readonly endpoints: ServiceAddresses & { readonly kafkaBootstrapServers: string };
  close(): Promise<void>;
}

/**
 * One for each service that the world has. `by-name`: the pipeline is given no addresses, and has to look up a name for
 * every connection.
 */
export async function openProxies(
  services: ServiceAddresses & { readonly kafkaBootstrapServers: string },
  how: true | 'by-name',
): Promise<OpenProxies> {
  const name = how === 'by-name' ? 'localhost' : undefined;
  const { kafkaBootstrapServers, bigqueryEmulatorHost, bigqueryStorageEmulatorHost, storeHost } = services;
  const [kafka, rest, storage, store] = await Promise.all([
    KafkaProxy.start(kafkaBootstrapServers, name),
    bigqueryEmulatorHost === undefined ? undefined : HttpProxy.start(bigqueryEmulatorHost),
    bigqueryStorageEmulatorHost === undefined ? undefined : GrpcProxy.start(bigqueryStorageEmulatorHost),
    storeHost === undefined ? undefined : HttpProxy.start(storeHost, { words: 's3' }),
  ]);
  return {
    kafka,
    get rest() {
      return present(rest, 'rest');
    },
    get storage() {
      return present(storage, 'storage');
    },
    get store() {
      return present(store, 'store');
    },
    endpoints: {
      kafkaBootstrapServers: named(kafka.network, name),
      ...(rest === undefined ? {} : { bigqueryEmulatorHost: named(rest.network, name) }),
      ...(storage === undefined ? {} : { bigqueryStorageEmulatorHost: named(storage.network, name) }),
      ...(store === undefined ? {} : { storeHost: named(store.network, name) }),
    },
    close: async () => {
      await Promise.all([kafka, rest, storage, store].map((proxy) => proxy?.close()));
    },
  };
}

function present<T>(proxy: T | undefined, service: string): T {
  if (proxy !== undefined) return proxy;
  throw new Error(`this world has no service ${service}: its sink is another one, or its tables are on a disk`);
}

function named({ address, port }: TcpProxy, name: string | undefined): string {
  return name === undefined ? address : `${name}:${port}`;
}
