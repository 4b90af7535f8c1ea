/** Sends one record with a value of blanks in a batch packed with zstd, as any producer can: what is little on the way is much unpacked. */
import { constants, createZstdCompress } from 'node:zlib';
import kafkajs from 'kafkajs';
import { createKafka, type KafkaConnectionOptions } from '../../../kafka/client/connection-options.ts';

const { CompressionCodecs, CompressionTypes } = kafkajs;
const PIECE_BYTES = 1024 * 1024;

/** Its offset. The value is never held as a whole, here or at the broker. */
export async function sendBlanks(
  connection: KafkaConnectionOptions,
  topic: string,
  partition: number,
  byteLength: number,
): Promise<number> {
  const packed = await packedBlanks(byteLength);
  const before = CompressionCodecs[CompressionTypes.ZSTD];
  // kafkajs writes the head of a batch of one record, and these bytes in it.
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async () => packed,
    decompress: async () => Promise.reject(new Error('nothing is read here')),
  });
  const producer = createKafka(connection).producer({ idempotent: true, allowAutoTopicCreation: false });
  try {
    await producer.connect();
    const messages = [{ key: 'blanks', value: 'stands for them', partition }];
    const [answer] = await producer.send({ topic, acks: -1, compression: CompressionTypes.ZSTD, messages });
    const offset = Number(answer?.baseOffset);
    if (!Number.isSafeInteger(offset)) throw new Error('the broker did not say where the record landed');
    return offset;
  } finally {
    await producer.disconnect();
    if (before !== undefined) CompressionCodecs[CompressionTypes.ZSTD] = before;
  }
}

async function packedBlanks(byteLength: number): Promise<Buffer> {
  const key = Buffer.from('blanks');
  const head = Buffer.concat([Buffer.from([0, 0, 0]), varint(key.length), key, varint(byteLength)]);
  const noHeaders = varint(0);
  const packer = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 3 } });
  const parts: Buffer[] = [];
  packer.on('data', (part: Buffer) => parts.push(part));
  const done = new Promise<void>((resolve, reject) => {
    packer.once('end', resolve);
    packer.once('error', reject);
  });
  const write = (bytes: Buffer): Promise<void> =>
    new Promise((resolve, reject) => packer.write(bytes, (error) => (error ? reject(error) : resolve())));
  await write(Buffer.concat([varint(head.length + byteLength + noHeaders.length), head]));
  const blanks = Buffer.alloc(PIECE_BYTES, ' ');
  for (let left = byteLength; left > 0; left -= PIECE_BYTES) await write(blanks.subarray(0, left));
  packer.end(noHeaders);
  await done;
  return Buffer.concat(parts);
}

/** Zigzag, of numbers from 0 on. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = 2 * value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
