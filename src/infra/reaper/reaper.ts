/**
 * Starts the reaper (reaper-main.ts) and talks to it. Every process spawned through it ends when this process ends, in
 * any way. It does not keep this process alive: a program that forgets to stop its infra still ends, and the infra with
 * it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { ReaperMessage, ReaperRequest } from './reaper-protocol.ts';

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;
export type SpawnRequest = Omit<Extract<ReaperRequest, { op: 'spawn' }>, 'id' | 'op'>;

export interface KeptProcess {
  readonly pid: number;
  /** Resolves with how it ended. */
  readonly exited: Promise<string>;
  readonly running: boolean;
  signal(signal: NodeJS.Signals): Promise<void>;
}

export class Reaper {
  readonly #process: ChildProcess;
  readonly #answers = new Map<number, (message: ReaperMessage | Error) => void>();
  readonly #exits = new Map<number, (how: string) => void>();
  readonly #gone: Promise<void>;
  #lastId = 0;

  constructor() {
    const script = path.join(import.meta.dirname, `reaper-main${path.extname(import.meta.filename)}`);
    this.#process = spawn(process.execPath, [script], { detached: true, stdio: ['pipe', 'pipe', 'ignore'] });
    this.#gone = new Promise((resolve) => {
      const gone = () => {
        this.#fail(new Error('the reaper process of the infra is gone'));
        resolve();
      };
      this.#process.once('exit', gone).once('error', gone);
    });
    this.#process.stdin!.on('error', () => {});
    createInterface({ input: this.#process.stdout! }).on('line', (line) =>
      this.#heard(JSON.parse(line) as ReaperMessage),
    );
    this.#process.unref();
    (this.#process.stdin as Socket).unref();
    this.#holdWhileWaiting();
  }

  async spawn(request: SpawnRequest): Promise<KeptProcess> {
    let running = true;
    let exitedWith: (how: string) => void = () => {};
    const exited = new Promise<string>((resolve) => {
      exitedWith = resolve;
    });
    const pid = await this.#ask({ op: 'spawn', ...request }, (startedPid) => {
      this.#exits.set(startedPid, (how) => {
        running = false;
        exitedWith(how);
      });
    });
    return {
      pid,
      exited,
      get running() {
        return running;
      },
      signal: async (signal) => {
        if (running) await this.#ask({ op: 'signal', pid, signal });
      },
    };
  }

  /** Removes the directory when this process ends. */
  async removeAtEnd(directory: string): Promise<void> {
    await this.#ask({ op: 'remove-at-end', directory });
  }

  /** Removes containers with this label (`name=value`) when this process ends. */
  async removeContainersAtEnd(label: string): Promise<void> {
    await this.#ask({ op: 'remove-containers-at-end', label });
  }

  /** Kills what still runs, removes what was registered; resolves when that is done. Idempotent. */
  async end(): Promise<void> {
    this.#process.ref();
    this.#process.stdin!.end();
    await this.#gone;
  }

  #ask(request: WithoutId<ReaperRequest>, onPid?: (pid: number) => void): Promise<number> {
    if (this.#process.exitCode !== null) return Promise.reject(new Error('the reaper process of the infra is gone'));
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#answers.set(id, (message) => {
        this.#answers.delete(id);
        this.#holdWhileWaiting();
        if (message instanceof Error) return reject(message);
        if (message.event !== 'answer') return;
        if (message.error !== undefined) return reject(new Error(message.error));
        // Before anything else is read: the next line may be the process's exit.
        if (message.pid !== undefined) onPid?.(message.pid);
        resolve(message.pid ?? 0);
      });
      this.#holdWhileWaiting();
      this.#process.stdin!.write(`${JSON.stringify({ ...request, id })}\n`);
    });
  }

  #heard(message: ReaperMessage): void {
    if (message.event === 'answer') {
      this.#answers.get(message.id)?.(message);
      return;
    }
    this.#exits.get(message.pid)?.(message.signal ? `killed by ${message.signal}` : `exit code ${message.code}`);
    this.#exits.delete(message.pid);
  }

  #fail(error: Error): void {
    for (const answer of [...this.#answers.values()]) answer(error);
    for (const exited of this.#exits.values()) exited('killed with its reaper');
    this.#exits.clear();
  }

  #holdWhileWaiting(): void {
    const stdout = this.#process.stdout as Socket;
    if (this.#answers.size > 0) stdout.ref();
    else stdout.unref();
  }
}
