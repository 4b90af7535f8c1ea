/**
 * A TCP proxy before one Kafka broker that clients cannot get around: the broker's address in its answers is replaced by
 * the proxy's (kafka-frames.ts). Besides the faults of the network it can lose the answer to the n-th request of a kind
 * after the broker has acted on it: the connection is reset at the moment when the answer would have passed. And it can flip a
 * bit of what is fetched, as a disk does that rots.
 */
import { KAFKA_REQUESTS, KafkaFrames, type KafkaRequest } from './kafka-frames.ts';
import { type Nth, NthRule } from './nth-rule.ts';
import { hostPort, TcpProxy } from './tcp-proxy.ts';

export interface LostAnswers {
  /** How many have been lost so far. */
  readonly hits: number;
  /** No more are lost. */
  stop(): void;
}

/** A text whose last byte has another lowest bit in what is fetched: so often, then no more. */
interface Flip {
  readonly text: string;
  readonly onHit: () => void;
  left: number;
}

interface Rule {
  readonly apiKey: number;
  readonly rule: NthRule;
  readonly onLost: () => void;
}

/** Told of the requests that it counts, before the broker has them. */
interface Watch {
  readonly apiKey: number;
  readonly rule: NthRule;
  readonly onRequest: () => void;
}

/** Rules and watches: shared by all connections. */
interface Listeners {
  readonly rules: Set<Rule>;
  readonly watches: Set<Watch>;
  readonly flips: Set<Flip>;
}

interface Facts {
  rewritten: number;
  lost: number;
  flipped: number;
}

/** The answer as the flips want it; one that was done as often as it should is not kept. */
function flipped(frame: Buffer, flips: Set<Flip>, count: () => void): Buffer {
  let changed = frame;
  for (const flip of flips) {
    const at = frame.indexOf(flip.text);
    if (at === -1) continue;
    if (changed === frame) changed = Buffer.from(frame);
    const last = at + Buffer.byteLength(flip.text) - 1;
    changed.writeUInt8(changed.readUInt8(last) ^ 1, last);
    flip.left -= 1;
    if (flip.left <= 0) flips.delete(flip);
    count();
    flip.onHit();
  }
  return changed;
}

export class KafkaProxy implements AsyncDisposable {
  readonly network: TcpProxy;
  readonly #told: Listeners;
  readonly #facts: Facts;

  private constructor(network: TcpProxy, told: Listeners, facts: Facts) {
    this.network = network;
    this.#told = told;
    this.#facts = facts;
  }

  /** `broker` is host:port of the only broker, as it advertises itself. `proxyHost`: another name of 127.0.0.1, as long as its. */
  static async start(broker: string, proxyHost?: string): Promise<KafkaProxy> {
    if (broker.includes(',')) throw new RangeError(`a proxy stands before one broker, not before ${broker}`);
    const told: Listeners = { rules: new Set(), watches: new Set(), flips: new Set() };
    const facts: Facts = { rewritten: 0, lost: 0, flipped: 0 };
    const network: TcpProxy = await TcpProxy.start(
      hostPort(broker),
      () =>
        new KafkaFrames({
          broker: hostPort(broker),
          proxyPort: () => network.port,
          proxyHost,
          onRequest: (apiKey) => {
            const watching = [...told.watches].filter((each) => each.apiKey === apiKey && each.rule.isNext());
            for (const { onRequest } of watching) onRequest();
          },
          onAnswer: (apiKey) => {
            // Every rule counts every answer, also one that another rule has.
            const meant = [...told.rules].filter((each) => each.apiKey === apiKey && each.rule.isNext());
            if (meant.length === 0) return 'pass';
            facts.lost++;
            for (const { onLost } of meant) onLost();
            return 'lose';
          },
          onRewritten: (addresses) => {
            facts.rewritten += addresses;
          },
          damages: () => told.flips.size > 0,
          damage: (frame) => flipped(frame, told.flips, () => facts.flipped++),
        }),
    );
    return new KafkaProxy(network, told, facts);
  }

  /** Clients bootstrap here. */
  get address(): string {
    return this.network.address;
  }

  get counts() {
    const { lost, rewritten, flipped } = this.#facts;
    return { ...this.network.counts, answersLost: lost, addressesRewritten: rewritten, bitsFlipped: flipped };
  }

  /** Counted from now on. */
  loseAnswers(request: KafkaRequest, which: Nth, onLost: () => void = () => {}): LostAnswers {
    const rule = { apiKey: KAFKA_REQUESTS[request], rule: new NthRule(which), onLost };
    this.#told.rules.add(rule);
    return {
      get hits() {
        return rule.rule.hits;
      },
      stop: () => void this.#told.rules.delete(rule),
    };
  }

  /** Calls back at the requests of that kind that are meant, before the broker has any of it. Counted from now on. */
  atRequests(request: KafkaRequest, which: Nth, onRequest: () => void): { stop(): void } {
    const watch = { apiKey: KAFKA_REQUESTS[request], rule: new NthRule(which), onRequest };
    this.#told.watches.add(watch);
    return { stop: () => void this.#told.watches.delete(watch) };
  }

  /** Each answer with the text, from now on, has it with a flipped bit in its last byte, at most this number of times. */
  flipBits(text: string, times = Number.POSITIVE_INFINITY, onHit: () => void = () => {}): { stop(): void } {
    const flip: Flip = { text, left: times, onHit };
    this.#told.flips.add(flip);
    return { stop: () => void this.#told.flips.delete(flip) };
  }

  heal(): void {
    this.#told.rules.clear();
    this.#told.watches.clear();
    this.#told.flips.clear();
    this.network.heal();
  }

  async close(): Promise<void> {
    await this.network.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
