/**
 * Messages that have their gRPC frame already. grpc-js (1.14.7, pinned) copies every message into new memory to put five
 * bytes before it; a message with room for them is sent where it lies. framed-messages.test.ts fails if what this relies on
 * goes away: messages are then copied again, and no harm is done.
 */
import { createRequire } from 'node:module';

/** A byte for the compression, of which there is none, and a length of four. */
export const FRAME_BYTES = 5;

interface Message {
  readonly message: Buffer;
  readonly flags?: number;
}
interface Filter {
  readonly prototype: { sendMessage(message: Promise<Message>): Promise<Message> };
}

const { CompressionFilter } = createRequire(import.meta.url)('@grpc/grpc-js/build/src/compression-filter.js') as {
  readonly CompressionFilter: Filter;
};

/** By the message without its frame. */
const framed = new WeakMap<Buffer, Buffer>();

const sendMessage = CompressionFilter.prototype.sendMessage;
CompressionFilter.prototype.sendMessage = async function (this: Filter['prototype'], coming: Promise<Message>) {
  const sent = await coming;
  const message = framed.get(sent.message);
  return message === undefined ? sendMessage.call(this, Promise.resolve(sent)) : { ...sent, message };
};

/** The message within, for the memory of a message that has FRAME_BYTES before it. */
export function framedMessage(whole: Buffer): Buffer {
  const message = whole.subarray(FRAME_BYTES);
  whole[0] = 0;
  whole.writeUInt32BE(message.length, 1);
  framed.set(message, whole);
  return message;
}
