/**
 * Time limit of one attempt to connect to a broker. It covers the lookup of the broker's name, and a name server that
 * is down costs five seconds (resolv.conf, `timeout`): with one fixed limit such a broker would never be reached. So
 * after an attempt that reached its limit the next one may take twice as long, up to a bound; a connection resets it.
 *
 * Bounded: at most BROKERS_MAX brokers without a connection; beyond that all start anew.
 */

/** Two name servers that are down, and the connection itself. */
export const CONNECT_TIMEOUT_MAX_MS = 12_000;
const BROKERS_MAX = 1_000;

export class ConnectPatience {
  /** Consecutive attempts that reached their limit, by `host:port`. */
  readonly #timeouts = new Map<string, number>();

  /** Limit of the next attempt, with `firstMs` for the first. */
  timeoutMs(broker: string, firstMs: number): number {
    const grown = firstMs * 2 ** (this.#timeouts.get(broker) ?? 0);
    return Math.max(firstMs, Math.min(grown, CONNECT_TIMEOUT_MAX_MS));
  }

  timedOut(broker: string): void {
    if (this.#timeouts.size >= BROKERS_MAX) this.#timeouts.clear();
    // Counting stops where the bound is reached, so the power stays finite.
    this.#timeouts.set(broker, Math.min(16, (this.#timeouts.get(broker) ?? 0) + 1));
  }

  connected(broker: string): void {
    this.#timeouts.delete(broker);
  }
}
