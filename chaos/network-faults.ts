/** Faults of the network between the processors and one service, and of single answers of it. */
import type { AppliedFault } from './applied-fault.ts';
import type { Proxies } from './chaos-target.ts';
import type { NetworkFault } from './fault.ts';
import type { Nth } from './proxies/nth-rule.ts';
import type { TcpProxy } from './proxies/tcp-proxy.ts';
import { until } from './until.ts';

export function applyNetworkFault(fault: NetworkFault, proxies: Proxies): AppliedFault {
  switch (fault.what) {
    case 'kafka_answer':
      return afterHits(fault, (onHit) => proxies.kafka.loseAnswers(fault.request, fault, onHit));
    case 'kafka_flip': {
      let bitsFlipped = 0;
      const { promise: hit, resolve } = Promise.withResolvers<void>();
      const flip = proxies.kafka.flipBits(fault.text, fault.times, () => {
        bitsFlipped++;
        if (bitsFlipped >= (fault.times ?? 1)) resolve();
      });
      return { hit, isOver: fault.times !== undefined, heal: async () => flip.stop(), counts: () => ({ bitsFlipped }) };
    }
    case 'rest_answer':
      return afterHits(fault, (onHit) =>
        proxies.rest.add({ match: fault.match, which: fault, fault: fault.answer, onHit }),
      );
    case 'store_answer':
      return afterHits(fault, (onHit) =>
        proxies.store.add({ match: fault.match, which: fault, fault: fault.answer, onHit }),
      );
    case 'storage_answer': {
      const { method, contains, answer } = fault;
      const about = contains === undefined ? { method } : { method, contains };
      return afterHits(fault, (onHit) => proxies.storage.add({ ...about, which: fault, fault: answer, onHit }));
    }
    default:
      return onNetwork(fault, proxies[fault.on].network);
  }
}

/** Healing one mends the whole network of its service: one at a time on each. */
type OnNetwork = Extract<NetworkFault, { readonly on: string }>;

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
  return fault.what === 'network_half_open' || isOverAtOnce(fault);
}

/** Once done, there is nothing left to heal. */
function isOverAtOnce(fault: OnNetwork): boolean {
  return fault.what === 'network_cut' && fault.refuse !== true;
}

/** Does it; says whether that alone hurt a connection. */
function strike(fault: OnNetwork, network: TcpProxy): boolean {
  switch (fault.what) {
    case 'network_cut':
      if (fault.refuse) network.refuse();
      return network.cut() > 0;
    case 'network_half_open':
      return network.halfOpen() > 0;
    case 'network_delay':
      network.delay(fault.delayMs);
      return false;
    case 'network_throttle':
      network.throttle(fault.bytesPerSecond);
      return false;
    case 'network_black_hole':
      network.blackHole();
      return false;
    default:
      return fault satisfies never;
  }
}

function hurtBy({ what }: OnNetwork): readonly string[] {
  return what === 'network_cut' ? ['refused'] : ['bytesHeld'];
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
