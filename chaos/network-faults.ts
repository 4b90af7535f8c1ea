/** Faults of the network between the processors and one service, and of single answers of it. */
import type { Proxies } from './chaos-target.ts';
import type { AppliedFault } from './fault.ts';
import type { GrpcFault, WriteMethod } from './grpc-proxy.ts';
import type { HttpFault, HttpMatch } from './http-proxy.ts';
import type { KafkaRequest } from './kafka-frames.ts';
import type { Nth } from './nth-rule.ts';
import type { TcpProxy } from './tcp-proxy.ts';
import { until } from './until.ts';

/** Kafka, BigQuery's REST side, BigQuery's Storage Write API. */
export type ServiceName = keyof Proxies;

interface OnService {
  readonly on: ServiceName;
}

export type NetworkFault =
  /** Ends the open connections; `refuse` lets no new ones in for as long as it lasts. */
  | ({ readonly fault: 'network.cut'; readonly refuse?: boolean } & OnService)
  | ({ readonly fault: 'network.delay'; readonly delayMs: number } & OnService)
  | ({ readonly fault: 'network.throttle'; readonly bytesPerSecond: number } & OnService)
  | ({ readonly fault: 'network.black-hole' } & OnService)
  | ({ readonly fault: 'network.half-open' } & OnService)
  /** The broker acts on the n-th request of that kind from now on; its answer is lost with the connection. */
  | ({ readonly fault: 'kafka.answer'; readonly request: KafkaRequest } & Nth)
  /** Answers to Fetch that have the text (batches that are not packed) have a flipped bit in its last byte: so many, or all. */
  | { readonly fault: 'kafka.flip'; readonly text: string; readonly times?: number }
  | ({ readonly fault: 'rest.answer'; readonly match: HttpMatch; readonly answer: HttpFault } & Nth)
  | ({
      readonly fault: 'storage.answer';
      readonly method: WriteMethod;
      readonly contains?: string;
      readonly answer: GrpcFault;
    } & Nth);

export function applyNetworkFault(fault: NetworkFault, proxies: Proxies): AppliedFault {
  switch (fault.fault) {
    case 'kafka.answer':
      return afterHits(fault, (onHit) => proxies.kafka.loseAnswers(fault.request, fault, onHit));
    case 'kafka.flip': {
      let bitsFlipped = 0;
      const { promise: hit, resolve } = Promise.withResolvers<void>();
      const flip = proxies.kafka.flipBits(fault.text, fault.times, () => {
        bitsFlipped++;
        if (bitsFlipped >= (fault.times ?? 1)) resolve();
      });
      return { hit, isOver: fault.times !== undefined, heal: async () => flip.stop(), counts: () => ({ bitsFlipped }) };
    }
    case 'rest.answer':
      return afterHits(fault, (onHit) =>
        proxies.rest.add({ match: fault.match, which: fault, fault: fault.answer, onHit }),
      );
    case 'storage.answer': {
      const { method, contains, answer } = fault;
      const about = contains === undefined ? { method } : { method, contains };
      return afterHits(fault, (onHit) => proxies.storage.add({ ...about, which: fault, fault: answer, onHit }));
    }
    default:
      return onNetwork(fault, proxies[fault.on].network);
  }
}

/** Healing one mends the whole network of its service: one at a time on each. */
type OnNetwork = Extract<NetworkFault, OnService>;

function onNetwork(fault: OnNetwork, network: TcpProxy): AppliedFault {
  const before = network.counts;
  const since = (): Record<string, number> => {
    const now = Object.entries(network.counts) as [keyof typeof before, number][];
    return Object.fromEntries(now.map(([name, count]) => [name, count - before[name]]));
  };
  const isOver = isOverAtOnce(fault);
  if (strike(fault, network))
    return { hit: Promise.resolve(), isOver, heal: async () => network.heal(), counts: since };
  // Nothing was open: a cut and a half-open network take the first connection that carries something.
  const hurts = strikesOnce(fault)
    ? () => since().bytesPassed! > 0 && strike(fault, network)
    : () => hurtBy(fault).some((name) => since()[name]! > 0);
  const { hit, stop } = until(hurts);
  const heal = async (): Promise<void> => {
    stop();
    network.heal();
  };
  return { hit, isOver, heal, counts: since };
}

/** Hurts the connections that are open, and none that come later. */
function strikesOnce(fault: OnNetwork): boolean {
  return fault.fault === 'network.half-open' || isOverAtOnce(fault);
}

/** Once done, there is nothing left to heal. */
function isOverAtOnce(fault: OnNetwork): boolean {
  return fault.fault === 'network.cut' && fault.refuse !== true;
}

/** Does it; says whether that alone hurt a connection. */
function strike(fault: OnNetwork, network: TcpProxy): boolean {
  switch (fault.fault) {
    case 'network.cut':
      if (fault.refuse) network.refuse();
      return network.cut() > 0;
    case 'network.half-open':
      return network.halfOpen() > 0;
    case 'network.delay':
      network.delay(fault.delayMs);
      return false;
    case 'network.throttle':
      network.throttle(fault.bytesPerSecond);
      return false;
    case 'network.black-hole':
      network.blackHole();
      return false;
    default:
      return fault satisfies never;
  }
}

function hurtBy({ fault }: OnNetwork): readonly string[] {
  return fault === 'network.cut' ? ['refused'] : ['bytesHeld'];
}

/** Waits for all of its answers; healed, it waits no more. */
function afterHits({ times = 1 }: Nth, arm: (onHit: () => void) => { stop(): void }): AppliedFault {
  let answersHit = 0;
  const { promise: hit, resolve } = Promise.withResolvers<void>();
  const rule = arm(() => {
    answersHit++;
    if (answersHit >= times) resolve();
  });
  return { hit, isOver: true, heal: async () => rule.stop(), counts: () => ({ answersHit }) };
}
