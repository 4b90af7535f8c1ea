/**
 * A judge as a Python program that answers orders, one JSON document a line. It ends when its standard input does, so it
 * never outlives this process. One order at a time; every answer has a limit.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { within } from './within.ts';

const START_LIMIT_MS = 180_000;
const ANSWER_LIMIT_MS = 180_000;
const KEPT_LINES = 30;

export interface JudgeProgram {
  /** For messages: `delta-rs`. */
  readonly name: string;
  readonly python: string;
  readonly script: string;
  readonly args?: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export class JudgeProcess implements AsyncDisposable {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #complaints: string[] = [];
  #turn: Promise<unknown> = Promise.resolve();

  private constructor({ name, python, script, args = [], env }: JudgeProgram) {
    this.#name = name;
    this.#child = spawn(python, [script, ...args], {
      stdio: 'pipe',
      env: { ...env, PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1' },
    });
    this.#child.stdin?.on('error', () => {}); // the missing answer tells
    this.#answers = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
    createInterface({ input: this.#child.stderr! }).on('line', (line) => {
      this.#complaints.push(line);
      if (this.#complaints.length > KEPT_LINES) this.#complaints.shift();
    });
  }

  /** Resolves when it takes orders. Rejects with the end of what it printed. */
  static async start(program: JudgeProgram): Promise<JudgeProcess> {
    const judge = new JudgeProcess(program);
    try {
      await judge.#answer(START_LIMIT_MS);
      return judge;
    } catch (error) {
      await judge[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Its answer. Rejects with its error, in its words. */
  ask(order: { readonly do: string; readonly [member: string]: unknown }): Promise<unknown> {
    const asked = this.#turn.then(() => {
      this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
      return this.#answer(ANSWER_LIMIT_MS);
    });
    this.#turn = asked.catch(() => {});
    return asked;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await ended;
  }

  async #answer(limitMs: number): Promise<unknown> {
    for (;;) {
      const { done, value } = await within(limitMs, this.#answers.next(), `${this.#name} did not answer`);
      if (done === true) throw new Error(`${this.#name} ended:\n${this.#complaints.join('\n')}`);
      if (!value.startsWith('{')) continue; // a library's own line
      const said = JSON.parse(value) as { readonly answer?: unknown; readonly error?: string };
      if (said.error !== undefined) throw new Error(`${this.#name}: ${said.error}`);
      return said.answer;
    }
  }
}
