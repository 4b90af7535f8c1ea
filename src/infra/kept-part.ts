/**
 * A native part (broker or emulator) under a reaper: started, probed, killed, started again with the same command.
 * Ready means that it answers a real request. The process's end, or a limit, ends the wait with the tail of its log.
 */
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KeptProcess, Reaper, SpawnRequest } from './reaper/reaper.ts';
import type { PartControl } from './types.ts';

const READY_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 10_000;
const POLL_MS = 50;
const LOG_TAIL_BYTES = 4_000;

export interface KeptPartOptions {
  /** For messages, such as `Kafka broker`. */
  readonly name: string;
  readonly reaper: Reaper;
  readonly spawn: SpawnRequest;
  /** Resolves when the part serves; rejects when it does not yet. */
  readonly probe: (signal: AbortSignal) => Promise<void>;
}

export class KeptPart implements PartControl {
  readonly #options: KeptPartOptions;
  #process: KeptProcess | undefined;

  constructor(options: KeptPartOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#process?.running ? this.#process.pid : undefined;
  }

  async start(): Promise<void> {
    if (this.#process?.running) return;
    this.#process = await this.#options.reaper.spawn(this.#options.spawn);
    await this.#untilReady(this.#process);
  }

  async kill(): Promise<void> {
    if (!this.#process?.running) return;
    await this.#process.signal('SIGKILL');
    await this.#process.exited;
  }

  async pause(paused: boolean): Promise<void> {
    await this.#process?.signal(paused ? 'SIGSTOP' : 'SIGCONT');
  }

  async stop(): Promise<void> {
    const running = this.#process;
    if (!running?.running) return;
    await running.signal('SIGTERM');
    const limit = new AbortController();
    const late = sleep(STOP_LIMIT_MS, 'late' as const, { signal: limit.signal }).catch(() => 'in time' as const);
    if ((await Promise.race([running.exited, late])) === 'late') await this.kill();
    limit.abort();
  }

  async logTail(): Promise<string> {
    return await readTail(this.#options.spawn.logFile);
  }

  async #untilReady(started: KeptProcess): Promise<void> {
    const { name, probe } = this.#options;
    const giveUp = AbortSignal.timeout(READY_LIMIT_MS);
    let lastSeen: unknown;
    while (!giveUp.aborted && started.running) {
      try {
        await probe(AbortSignal.any([giveUp, AbortSignal.timeout(5_000)]));
        return;
      } catch (error) {
        lastSeen = error;
      }
      await sleep(POLL_MS);
    }
    const what = started.running
      ? `did not answer within ${READY_LIMIT_MS / 1000} s (last: ${lastSeen})`
      : `ended while starting (${await started.exited})`;
    await this.kill();
    throw new Error(`the ${name} ${what}. The end of its log:\n${await this.logTail()}`);
  }
}

/** The last bytes of a file, from a whole line on; empty if there is no such file. */
export async function readTail(file: string): Promise<string> {
  const handle = await open(file).catch(() => undefined);
  if (!handle) return '';
  try {
    const { size } = await handle.stat();
    const from = Math.max(0, size - LOG_TAIL_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(LOG_TAIL_BYTES), 0, LOG_TAIL_BYTES, from);
    const text = buffer.toString('utf8', 0, bytesRead);
    return from === 0 ? text : text.slice(text.indexOf('\n') + 1);
  } finally {
    await handle.close();
  }
}
