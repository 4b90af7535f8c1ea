/**
 * A session in a process of its own, as its user sees it: started when it is first needed, ended with all its test processes
 * when a run takes too long, and started again for the next.
 */
import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import type { SessionAnswer, SessionSettings, SessionTask } from './session-child.ts';
import type { SessionRun } from './vitest-session.ts';

const CHILD = path.join(import.meta.dirname, 'session-child.ts');
const START_LIMIT_MS = 120_000;

export class SessionProcess {
  readonly #settings: SessionSettings;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #endAtExit = (): void => this.end();
  #child: ChildProcess | undefined;

  constructor(settings: SessionSettings, environment: Readonly<Record<string, string>> = {}) {
    this.#settings = settings;
    this.#environment = { ...process.env, NODE_ENV: 'test', ...environment };
  }

  /** 'timeout' where it took longer than this, 'died' where the process ended instead. Throws what the session threw. */
  async run(task: SessionTask, limitMs: number): Promise<SessionRun | 'timeout' | 'died'> {
    if (this.#child === undefined) {
      const started = await this.#start();
      if (typeof started === 'string') throw new Error(`vitest did not start: ${started}`);
    }
    const answer = this.#answer(limitMs);
    this.#child!.send(task);
    const told = await answer;
    if (typeof told === 'string') {
      this.end();
      return told;
    }
    if ('error' in told) throw new Error(told.error);
    return 'run' in told ? told.run : 'died';
  }

  /** At once, with all that it started. */
  end(): void {
    const pid = this.#child?.pid;
    this.#child = undefined;
    process.off('exit', this.#endAtExit);
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  async #start(): Promise<SessionAnswer | 'timeout' | 'died'> {
    // A group of its own, so that it can be ended as one. What it prints is of nobody's interest, its errors aside.
    this.#child = fork(CHILD, [JSON.stringify(this.#settings)], {
      detached: true,
      env: this.#environment,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    process.once('exit', this.#endAtExit);
    return await this.#answer(START_LIMIT_MS);
  }

  #answer(limitMs: number): Promise<SessionAnswer | 'timeout' | 'died'> {
    const child = this.#child!;
    return new Promise((resolve) => {
      const settle = (what: SessionAnswer | 'timeout' | 'died'): void => {
        clearTimeout(timer);
        child.off('message', onMessage);
        child.off('exit', onExit);
        resolve(what);
      };
      const onMessage = (message: unknown): void => settle(message as SessionAnswer);
      const onExit = (): void => settle('died');
      const timer = setTimeout(() => settle('timeout'), limitMs);
      child.on('message', onMessage);
      child.on('exit', onExit);
    });
  }
}
