/**
 * How long one attempt to connect to a broker may take. The limit covers the lookup of its name, and a name server that is
 * down costs five seconds by itself (resolv.conf, `timeout`): with one fixed limit such a broker would never be reached. So an
 * attempt that ran into its limit lets the next one take twice as long, up to a bound; a connection puts it back.
 *
 * Bounded: brokers without a connection, at most BROKERS_MAX of them; past that all begin anew.
 */

/** Two name servers that are down, and what a connection takes besides. */
export const CONNECT_TIMEOUT_MAX_MS = 12_000;
const BROKERS_MAX = 1_000;

export class ConnectPatience {
  /** Attempts in a row that ran into their limit, by `host:port`. */
  readonly #timeouts = new Map<string, number>();

  /** For the next attempt, where the first may take `firstMs`. */
  timeoutMs(broker: string, firstMs: number): number {
    const grown = firstMs * 2 ** (this.#timeouts.get(broker) ?? 0);
    return Math.max(firstMs, Math.min(grown, CONNECT_TIMEOUT_MAX_MS));
  }

  timedOut(broker: string): void {
    if (this.#timeouts.size >= BROKERS_MAX) this.#timeouts.clear();
    // More than the bound needs is not counted: the power stays finite.
    this.#timeouts.set(broker, Math.min(16, (this.#timeouts.get(broker) ?? 0) + 1));
  }

  connected(broker: string): void {
    this.#timeouts.delete(broker);
  }
}
