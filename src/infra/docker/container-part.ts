/** A part in a container: killed, paused and started again through the docker command; ports and data are the container's. */
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { PartControl } from '../types.ts';

const COMMAND_LIMIT_MS = 60_000;
const READY_LIMIT_MS = 60_000;
const POLL_MS = 100;

export class ContainerPart implements PartControl {
  /** Only the daemon knows it: it may be another machine's, or another namespace's. */
  readonly pid = undefined;
  readonly #id: string;
  readonly #name: string;
  readonly #probe: (signal: AbortSignal) => Promise<void>;

  constructor(id: string, name: string, probe: (signal: AbortSignal) => Promise<void>) {
    this.#id = id;
    this.#name = name;
    this.#probe = probe;
  }

  async kill(): Promise<void> {
    if (!(await this.#runs())) return;
    await this.#docker('kill', '--signal', 'KILL', this.#id);
    await this.#docker('wait', this.#id);
  }

  async pause(paused: boolean): Promise<void> {
    await this.#docker(paused ? 'pause' : 'unpause', this.#id);
  }

  async start(): Promise<void> {
    if (await this.#runs()) return;
    await this.#docker('start', this.#id);
    await this.untilReady();
  }

  async stop(): Promise<void> {
    if (await this.#runs()) await this.#docker('stop', '--time', '10', this.#id);
  }

  async logTail(): Promise<string> {
    return await this.#docker('logs', '--tail', '40', this.#id);
  }

  /** Waits until it serves; on a timeout throws with the end of its log. */
  async untilReady(): Promise<void> {
    const giveUp = AbortSignal.timeout(READY_LIMIT_MS);
    let lastSeen: unknown;
    while (!giveUp.aborted && (await this.#runs())) {
      try {
        await this.#probe(AbortSignal.any([giveUp, AbortSignal.timeout(5_000)]));
        return;
      } catch (error) {
        lastSeen = error;
      }
      await sleep(POLL_MS);
    }
    throw new Error(
      `the ${this.#name}'s container did not become ready (last: ${lastSeen}). The end of its log:\n${await this.logTail()}`,
    );
  }

  async #runs(): Promise<boolean> {
    return (await this.#docker('inspect', '--format', '{{.State.Running}}', this.#id)).trim() === 'true';
  }

  async #docker(...args: string[]): Promise<string> {
    const result = await execa('docker', args, { timeout: COMMAND_LIMIT_MS, reject: false, all: true });
    if (result.failed)
      throw new Error(`docker ${args[0]} failed for the ${this.#name}: ${result.all ?? result.shortMessage}`);
    return result.all;
  }
}
