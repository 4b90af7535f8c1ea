/**
 * Kafka's framing, as far as faults need it: which request an answer belongs to, and the brokers' addresses in answers. A
 * broker tells clients its own address; here its port is replaced by the proxy's, so that no client goes around the proxy.
 * Answers to Fetch can be changed as a bad disk or network would change them. Requests are never changed, and their bodies never read.
 */
import type { ConnectionFilter, HostPort } from './tcp-proxy.ts';

/** Numbers of Kafka's requests: the ones that carry addresses, and those that faults name. */
export const KAFKA_REQUESTS = {
  produce: 0,
  fetch: 1,
  metadata: 3,
  'offset-commit': 8,
  'find-coordinator': 10,
  heartbeat: 12,
} as const;
export type KafkaRequest = keyof typeof KAFKA_REQUESTS;

export interface KafkaFramesOptions {
  /** As the broker names itself. */
  readonly broker: HostPort;
  /** What clients get instead. */
  readonly proxyPort: () => number;
  /** The same for the host: of the same length, so that frames keep their size. Default: the broker's. */
  readonly proxyHost?: string | undefined;
  /** Told of each request before any of its bytes that came with its head are passed on. */
  readonly onRequest?: (apiKey: number) => void;
  /** Asked once per answer, before any of it is passed on: `lose` ends the connection instead. */
  readonly onAnswer: (apiKey: number) => 'pass' | 'lose';
  readonly onRewritten: (addresses: number) => void;
  /** Whether answers to Fetch are to be shown to `damage` as a whole. Default: never. */
  readonly damages?: () => boolean;
  /** What such an answer is to be instead, of the same length. */
  readonly damage?: (frame: Buffer) => Buffer;
}

const WITH_ADDRESSES: ReadonlySet<number> = new Set([KAFKA_REQUESTS.metadata, KAFKA_REQUESTS['find-coordinator']]);
/** Bytes of a frame before its body: size, then what tells frames apart. */
const REQUEST_HEAD_BYTES = 12;
const ANSWER_HEAD_BYTES = 8;
const UNANSWERED_MAX = 1_000;
const EMPTY: Buffer = Buffer.alloc(0);

/** One per connection. */
export class KafkaFrames implements ConnectionFilter {
  readonly #options: KafkaFramesOptions;
  readonly #requests = new FrameReader(REQUEST_HEAD_BYTES);
  readonly #answers = new FrameReader(ANSWER_HEAD_BYTES);
  /** Request number by correlation id; oldest first. */
  readonly #unanswered = new Map<number, number>();
  /** Of the answer that is passing. */
  #apiKey: number | undefined;

  constructor(options: KafkaFramesOptions) {
    const { broker, proxyHost = broker.host } = options;
    if (proxyHost.length !== broker.host.length) {
      throw new RangeError(`${proxyHost} is not as long as ${broker.host}: it cannot take its place in an answer`);
    }
    this.#options = options;
  }

  toServer(bytes: Buffer): Buffer {
    this.#requests.take(bytes, (head) => {
      this.#options.onRequest?.(head.readInt16BE(4));
      this.#unanswered.set(head.readInt32BE(8), head.readInt16BE(4));
      if (this.#unanswered.size <= UNANSWERED_MAX) return 'skim';
      const [oldest] = this.#unanswered.keys();
      this.#unanswered.delete(oldest!);
      return 'skim';
    });
    return bytes;
  }

  toClient(bytes: Buffer): Buffer | 'cut' {
    const passed: Buffer[] = [];
    let lost = false;
    this.#answers.take(
      bytes,
      (head) => {
        const correlation = head.readInt32BE(4);
        const apiKey = this.#unanswered.get(correlation);
        this.#unanswered.delete(correlation);
        if (apiKey === undefined) return 'skim';
        if (this.#options.onAnswer(apiKey) === 'lose') {
          lost = true;
          return 'stop';
        }
        this.#apiKey = apiKey;
        if (apiKey === KAFKA_REQUESTS.fetch && this.#options.damages?.() === true) return 'whole';
        return WITH_ADDRESSES.has(apiKey) ? 'whole' : 'skim';
      },
      (part, isWhole) => passed.push(isWhole ? this.#changed(part) : part),
    );
    if (lost) return 'cut';
    return passed.length === 1 ? passed[0]! : Buffer.concat(passed);
  }

  #changed(frame: Buffer): Buffer {
    if (this.#apiKey === KAFKA_REQUESTS.fetch) return this.#options.damage?.(frame) ?? frame;
    return this.#rewritten(frame);
  }

  /** The size of the frame stays. */
  #rewritten(frame: Buffer): Buffer {
    const { broker, proxyPort, proxyHost = broker.host, onRewritten } = this.#options;
    const address = addressBytes(broker.host, broker.port);
    const changed = Buffer.from(frame);
    let found = 0;
    for (let at = changed.indexOf(address); at >= 0; at = changed.indexOf(address, at + address.length)) {
      changed.write(proxyHost, at, 'latin1');
      changed.writeInt32BE(proxyPort(), at + address.length - 4);
      found++;
    }
    if (found > 0) onRewritten(found);
    return changed;
  }
}

/** Host and port as they stand one after the other in an answer. */
export function addressBytes(host: string, port: number): Buffer {
  const bytes = Buffer.alloc(host.length + 4);
  bytes.write(host, 'latin1');
  bytes.writeInt32BE(port, host.length);
  return bytes;
}

/** What to do with a frame once its head is known: collect it, or let it run through. */
type FrameFate = 'whole' | 'skim' | 'stop';

/** Cuts a stream of length-prefixed frames; remembers at most a head, and those frames that are wanted whole. */
class FrameReader {
  readonly #headBytes: number;
  #head: Buffer = EMPTY;
  /** Bytes of the present frame that are still to come after its head. */
  #left = 0;
  #whole: Buffer[] | undefined;

  constructor(headBytes: number) {
    this.#headBytes = headBytes;
  }

  take(
    bytes: Buffer,
    onHead: (head: Buffer) => FrameFate,
    onPart: (part: Buffer, isWhole: boolean) => void = () => {},
  ): void {
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#left > 0) {
        const part = rest.subarray(0, this.#left);
        rest = rest.subarray(part.length);
        this.#left -= part.length;
        if (this.#whole === undefined) onPart(part, false);
        else this.#collect(part, onPart);
        continue;
      }
      const missing = this.#headBytes - this.#head.length;
      this.#head = Buffer.concat([this.#head, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      if (this.#head.length < this.#headBytes) return;
      const head = this.#head;
      this.#head = EMPTY;
      this.#left = head.readInt32BE(0) + 4 - this.#headBytes;
      const fate = onHead(head);
      if (fate === 'stop') return;
      if (fate === 'skim' || this.#left === 0) onPart(head, fate === 'whole');
      else this.#whole = [head];
    }
  }

  #collect(part: Buffer, onPart: (part: Buffer, isWhole: boolean) => void): void {
    this.#whole!.push(part);
    if (this.#left > 0) return;
    onPart(Buffer.concat(this.#whole!), true);
    this.#whole = undefined;
  }
}
