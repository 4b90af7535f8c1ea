/**
 * A plaintext socket for kafkajs whose `data` events are whole messages: a size followed by that many bytes, as in
 * Kafka's protocol. A large message is read directly into its own memory; kafkajs would collect pieces of 64 KiB and
 * join them at the end.
 */
import { connect, type Socket } from 'node:net';
import type { ISocketFactory } from 'kafkajs';
import { ReusedMemory } from '../../base/memory/reused-memory.ts';

/** The value of kafkajs. */
const KEEP_ALIVE_MS = 60_000;
const SIZE_BYTES = 4;
/** Small messages, and the beginning of large ones, are read here and copied. */
const SCRATCH_BYTES = 16 * 1024;
/** No request asks a broker for more; a larger size is not a message of Kafka's. */
const MAX_MESSAGE_BYTES = 512 * 1024 * 1024;

const MAX_FREE_BYTES = 16 * 1024 * 1024;

/** Memory for large messages, shared by all clients of this process. */
export const messageMemory = new ReusedMemory(MAX_FREE_BYTES);

type SocketArgs = Parameters<ISocketFactory>[0];

export function openWholeMessages({ host, port, onConnect }: Pick<SocketArgs, 'host' | 'port' | 'onConnect'>): Socket {
  const messages = new MessageReader(
    (message) => socket.emit('data', message),
    (error) => socket.destroy(error),
  );
  const socket: Socket = connect(
    { host, port, onread: { buffer: () => messages.room(), callback: (length) => messages.took(length) } },
    onConnect,
  );
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  return socket;
}

/** Cuts a stream of bytes into messages. room() returns where the next bytes go, took() takes their number. */
export class MessageReader {
  readonly #emit: (message: Buffer) => void;
  readonly #fail: (error: Error) => void;
  readonly #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  #scratchLength = 0;
  /** The large message that is being read, and its bytes so far. */
  #message: Buffer | undefined;
  #messageLength = 0;

  constructor(emit: (message: Buffer) => void, fail: (error: Error) => void) {
    this.#emit = emit;
    this.#fail = fail;
  }

  room(): Buffer {
    return this.#message === undefined
      ? this.#scratch.subarray(this.#scratchLength)
      : this.#message.subarray(this.#messageLength);
  }

  took(length: number): boolean {
    const message = this.#message;
    if (message === undefined) {
      this.#scratchLength += length;
      this.#cutScratch();
      return true;
    }
    this.#messageLength += length;
    if (this.#messageLength === message.length) {
      this.#message = undefined;
      this.#emit(message);
    }
    return true;
  }

  #cutScratch(): void {
    const scratch = this.#scratch;
    let at = 0;
    while (this.#scratchLength - at >= SIZE_BYTES) {
      const size = scratch.readInt32BE(at);
      if (size < 0 || size > MAX_MESSAGE_BYTES) {
        this.#fail(new Error(`a message of ${size} bytes: the other side does not speak Kafka's protocol`));
        return;
      }
      const end = at + SIZE_BYTES + size;
      if (end > this.#scratchLength) {
        if (end - at > SCRATCH_BYTES) {
          this.#begin(at, end - at);
          return;
        }
        break;
      }
      this.#emit(Buffer.from(scratch.subarray(at, end)));
      at = end;
    }
    scratch.copyWithin(0, at, this.#scratchLength);
    this.#scratchLength -= at;
  }

  /** A message of `byteLength` begins at `at` of the bytes read. */
  #begin(at: number, byteLength: number): void {
    this.#message = messageMemory.take(byteLength);
    this.#messageLength = this.#scratch.copy(this.#message, 0, at, this.#scratchLength);
    this.#scratchLength = 0;
  }
}
