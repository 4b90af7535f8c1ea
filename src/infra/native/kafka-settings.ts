/** The broker's settings, the same for the native and the docker way: one node, quick to start, quick to rebalance. */

export interface KafkaAddresses {
  /** Where the listeners bind. */
  readonly bindHost: string;
  readonly port: number;
  readonly controllerPort: number;
  /** The address that clients get: host:port. */
  readonly advertised: string;
}

export function kafkaSettings(addresses: KafkaAddresses): Record<string, string> {
  const { bindHost, port, controllerPort, advertised } = addresses;
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://${bindHost}:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://${advertised}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '4',
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    // After a kill -9 the controller lets the broker back in only when its previous session has ended (default 9 s).
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    // A topic exists only if someone made it, with the intended settings.
    'auto.create.topics.enable': 'false',
    // Records deleted by retention are gone within seconds, so that a retention gap can be shown.
    'log.retention.check.interval.ms': '1000',
    'log.segment.delete.delay.ms': '1000',
    // After a kill -9 the log is recovered; one thread per core is not needed here.
    'num.recovery.threads.per.data.dir': '1',
    'num.network.threads': '2',
    'num.io.threads': '4',
    'message.max.bytes': String(8 * 1024 * 1024),
  };
}
