/**
 * A TCP proxy before one Kafka broker that clients cannot get around: the broker's address in its answers is replaced by
 * the proxy's (kafka-frames.ts). Besides the faults of the network it can lose the answer to the n-th request of a kind
 * after the broker has acted on it: the connection is reset at the moment when the answer would have passed.
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

interface Rule {
  readonly apiKey: number;
  readonly rule: NthRule;
  readonly onLost: () => void;
}

export class KafkaProxy implements AsyncDisposable {
  readonly network: TcpProxy;
  readonly #rules: Set<Rule>;
  readonly #facts: { rewritten: number; lost: number };

  private constructor(network: TcpProxy, rules: Set<Rule>, facts: { rewritten: number; lost: number }) {
    this.network = network;
    this.#rules = rules;
    this.#facts = facts;
  }

  /** `broker` is host:port of the only broker, as it advertises itself. */
  static async start(broker: string): Promise<KafkaProxy> {
    if (broker.includes(',')) throw new RangeError(`a proxy stands before one broker, not before ${broker}`);
    const rules = new Set<Rule>();
    const facts = { rewritten: 0, lost: 0 };
    const onAnswer = (apiKey: number): 'pass' | 'lose' => {
      // Every rule counts every answer, whatever another rule makes of it.
      const meant = [...rules].filter((each) => each.apiKey === apiKey && each.rule.isNext());
      if (meant.length === 0) return 'pass';
      facts.lost++;
      for (const { onLost } of meant) onLost();
      return 'lose';
    };
    const network: TcpProxy = await TcpProxy.start(
      hostPort(broker),
      () =>
        new KafkaFrames({
          broker: hostPort(broker),
          proxyPort: () => network.port,
          onAnswer,
          onRewritten: (addresses) => {
            facts.rewritten += addresses;
          },
        }),
    );
    return new KafkaProxy(network, rules, facts);
  }

  /** Clients bootstrap here. */
  get address(): string {
    return this.network.address;
  }

  get counts() {
    return { ...this.network.counts, answersLost: this.#facts.lost, addressesRewritten: this.#facts.rewritten };
  }

  /** Counted from now on. */
  loseAnswers(request: KafkaRequest, which: Nth, onLost: () => void = () => {}): LostAnswers {
    const rule = { apiKey: KAFKA_REQUESTS[request], rule: new NthRule(which), onLost };
    this.#rules.add(rule);
    return {
      get hits() {
        return rule.rule.hits;
      },
      stop: () => void this.#rules.delete(rule),
    };
  }

  heal(): void {
    this.#rules.clear();
    this.network.heal();
  }

  async close(): Promise<void> {
    await this.network.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
