import { expect, test } from 'vitest';
import { addressBytes, KAFKA_REQUESTS, KafkaFrames, type KafkaFramesOptions } from './kafka-frames.ts';

const BROKER = { host: '127.0.0.1', port: 9092 };
const PROXY_PORT = 40_001;

function frames(onAnswer: (apiKey: number) => 'pass' | 'lose' = () => 'pass', more: Partial<KafkaFramesOptions> = {}) {
  const seen = { rewritten: 0, asked: [] as number[] };
  const filter = new KafkaFrames({
    broker: BROKER,
    proxyPort: () => PROXY_PORT,
    onAnswer: (apiKey) => {
      seen.asked.push(apiKey);
      return onAnswer(apiKey);
    },
    onRewritten: (addresses) => {
      seen.rewritten += addresses;
    },
    ...more,
  });
  return { filter, seen };
}

function framed(...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
}

function request(apiKey: number, correlation: number): Buffer {
  const head = Buffer.alloc(8);
  head.writeInt16BE(apiKey, 0);
  head.writeInt16BE(4, 2);
  head.writeInt32BE(correlation, 4);
  return framed(head, Buffer.from('some client, some body'));
}

function answer(correlation: number, body: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeInt32BE(correlation);
  return framed(head, body);
}

const twoBrokers = Buffer.concat([
  Buffer.from('x'),
  addressBytes(BROKER.host, BROKER.port),
  Buffer.from('between'),
  addressBytes(BROKER.host, BROKER.port),
  addressBytes(BROKER.host, 9093),
]);

/** What comes out when the bytes arrive in pieces of this size. */
function inPieces(filter: KafkaFrames, bytes: Buffer, size: number): Buffer {
  const out: Buffer[] = [];
  for (let from = 0; from < bytes.length; from += size) {
    const passed = filter.toClient(bytes.subarray(from, from + size));
    if (passed === 'cut') throw new Error('cut');
    out.push(passed);
  }
  return Buffer.concat(out);
}

test.each([1, 3, 7, 1_000])('addresses in metadata become the proxy’s, in pieces of any size (%i bytes)', (size) => {
  const { filter, seen } = frames();
  filter.toServer(Buffer.concat([request(KAFKA_REQUESTS.metadata, 7), request(KAFKA_REQUESTS.fetch, 8)]));
  const answers = Buffer.concat([answer(7, twoBrokers), answer(8, twoBrokers)]);
  const passed = inPieces(filter, answers, size);
  expect(passed.length).toBe(answers.length);
  const changed = passed.subarray(0, passed.length / 2);
  expect(changed.includes(addressBytes(BROKER.host, BROKER.port))).toBe(false);
  expect(changed.includes(addressBytes(BROKER.host, PROXY_PORT))).toBe(true);
  expect(changed.includes(addressBytes(BROKER.host, 9093)), 'another broker stays').toBe(true);
  expect(passed.subarray(passed.length / 2).equals(answer(8, twoBrokers)), 'a fetch answer stays').toBe(true);
  expect(seen).toEqual({ rewritten: 2, asked: [KAFKA_REQUESTS.metadata, KAFKA_REQUESTS.fetch] });
});

test('the host can be another name of the same length, and no other', () => {
  const { filter } = frames(() => 'pass', { proxyHost: 'localhost' });
  filter.toServer(request(KAFKA_REQUESTS.metadata, 1));
  const passed = filter.toClient(answer(1, twoBrokers)) as Buffer;
  expect(passed.length).toBe(answer(1, twoBrokers).length);
  expect(passed.includes(addressBytes('localhost', PROXY_PORT))).toBe(true);
  expect(passed.includes(addressBytes(BROKER.host, BROKER.port))).toBe(false);
  expect(() => frames(() => 'pass', { proxyHost: 'broker.local' })).toThrow('not as long');
});

test('each request is reported before it passes', () => {
  const told: number[] = [];
  const { filter } = frames(() => 'pass', { onRequest: (apiKey) => told.push(apiKey) });
  filter.toServer(Buffer.concat([request(KAFKA_REQUESTS.fetch, 1), request(KAFKA_REQUESTS['offset-commit'], 2)]));
  expect(told).toEqual([KAFKA_REQUESTS.fetch, KAFKA_REQUESTS['offset-commit']]);
});

test('requests pass unchanged, also in pieces', () => {
  const { filter } = frames();
  const sent = request(KAFKA_REQUESTS.produce, 1);
  expect(filter.toServer(sent)).toEqual(sent);
  const [first, second] = [sent.subarray(0, 5), sent.subarray(5)];
  expect(Buffer.concat([filter.toServer(first), filter.toServer(second)])).toEqual(sent);
});

test('an answer that is to be lost ends the connection before any byte of it passes', () => {
  const { filter } = frames((apiKey) => (apiKey === KAFKA_REQUESTS.produce ? 'lose' : 'pass'));
  filter.toServer(Buffer.concat([request(KAFKA_REQUESTS.fetch, 1), request(KAFKA_REQUESTS.produce, 2)]));
  expect(filter.toClient(answer(1, Buffer.from('records')))).toEqual(answer(1, Buffer.from('records')));
  expect(filter.toClient(answer(2, Buffer.from('offsets')))).toBe('cut');
});

test.each([1, 5, 1_000])(
  'what is fetched is shown as a whole, and passes as it is to be, in pieces of %i bytes',
  (size) => {
    const { filter } = frames(() => 'pass', {
      damages: () => true,
      damage: (frame) => Buffer.from(frame.toString('latin1').replace('712.63', '912.63'), 'latin1'),
    });
    filter.toServer(Buffer.concat([request(KAFKA_REQUESTS.fetch, 1), request(KAFKA_REQUESTS.heartbeat, 2)]));
    const answers = Buffer.concat([answer(1, Buffer.from('amount 712.63')), answer(2, Buffer.from('712.63'))]);
    const expected = Buffer.concat([answer(1, Buffer.from('amount 912.63')), answer(2, Buffer.from('712.63'))]);
    expect(inPieces(filter, answers, size)).toEqual(expected);
  },
);

test('an answer to no request that was seen passes', () => {
  const { filter, seen } = frames(() => 'lose');
  expect(filter.toClient(answer(99, twoBrokers))).toEqual(answer(99, twoBrokers));
  expect(seen.asked).toEqual([]);
});
