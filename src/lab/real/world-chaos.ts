/** A real world as faults see it (chaos/chaos-target.ts), and what its stories do by hand, noted as faults. */
import type { ChaosTarget, ServiceTarget } from '../../../chaos/chaos-target.ts';
import type { CrashAt } from '../scenario.ts';
import type { FaultBook } from './fault-book.ts';
import type { OpenProxies } from './open-proxies.ts';
import type { ProcessorChild } from './processor/processor-child.ts';
import type { RealPart } from './real-part.ts';
import type { RunRecorder } from './run-recorder.ts';
import type { WorldTables } from './tables/world-tables.ts';
import type { TopicControl } from './topic/topic-control.ts';

export interface WorldParts {
  readonly topic: string;
  readonly broker: RealPart;
  readonly emulator: RealPart;
  readonly topicControl: TopicControl;
  readonly tables: Pick<WorldTables, 'bigquery' | 'folder'>;
  readonly recorder: RunRecorder;
  readonly children: readonly ProcessorChild[];
  checkpointOf(name: string): string;
}

export function chaosTarget(world: WorldParts, proxies: OpenProxies | undefined): ChaosTarget {
  const service = (part: RealPart): ServiceTarget => ({
    kill: () => part.killQuietly(),
    start: () => part.start(),
    pause: (paused) => part.pause(paused),
  });
  return {
    get proxies() {
      if (proxies !== undefined) return proxies;
      throw new Error('nothing stands before the services: the scenario must say proxied');
    },
    broker: service(world.broker),
    emulator: service(world.emulator),
    topicTarget: world.topicControl,
    get tablesFolder() {
      const { folder } = world.tables;
      if (folder !== undefined) return folder;
      throw new Error('this world has no Delta tables on a disk');
    },
    checkpointOf: (name) => world.checkpointOf(name),
    processor(name) {
      const child = world.children.findLast((each) => each.name === name);
      if (child === undefined) throw new Error(`no processor ${name} was started`);
      return {
        pid: child.pid,
        get running() {
          return child.running;
        },
        kill: () => child.signal('SIGKILL'),
        stop: () => child.stop(),
        pause: () => {
          world.recorder.paused(child);
          void child.signal('SIGSTOP');
        },
        resume: () => {
          world.recorder.resumed(child);
          void child.signal('SIGCONT');
        },
        signal: (signal) => void child.signal(signal),
        exited: child.exited,
        countLines: (text) => child.countLines(text),
      };
    },
    async finalizeStreams(partition) {
      const { queries, rpc } = world.tables.bigquery;
      const rows = await queries.readOwnership(world.topic);
      const { epoch, streams = [] } = rows.find((row) => row.partition === partition) ?? {};
      const present = streams.filter((stream) => stream.epoch === epoch);
      for (const { name } of present) await rpc.finalizeWriteStream(name);
      return present.length;
    },
  };
}

/** Notes what a story does to a processor with its own hands. */
export class HandNotes {
  readonly #faults: FaultBook;
  readonly #recorder: RunRecorder;
  /** By processor: records that it is resumed. */
  readonly #paused = new Map<ProcessorChild, () => void>();

  constructor(faults: FaultBook, recorder: RunRecorder) {
    this.#faults = faults;
    this.#recorder = recorder;
  }

  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT', child: ProcessorChild): void {
    if (signal === 'SIGKILL') {
      this.#faults.note('crash', `kill -9 of ${child.name}`, child.name)();
    } else if (signal === 'SIGSTOP') {
      this.#recorder.paused(child);
      this.#paused.set(child, this.#faults.note('pause', `${child.name} hangs (SIGSTOP)`, child.name));
    } else {
      this.#recorder.resumed(child);
      this.#paused.get(child)?.();
      this.#paused.delete(child);
    }
  }

  /** Its crash point, when it ended by what it sent itself there. */
  crashPoint(child: ProcessorChild, { point, hit, signals = 'SIGKILL' }: CrashAt): void {
    child.exited.then(({ code, signal }) => {
      const isKill = signals === 'SIGKILL';
      const hasEnded = isKill ? signal === 'SIGKILL' : code === (signals === 'SIGTERM' ? 0 : 143);
      const what = isKill ? 'kills itself' : `sends itself ${signals}`;
      const text = `${child.name} ${what} at ${point}, hit ${hit}`;
      if (hasEnded) this.#faults.note(isKill ? 'crash' : 'stop', text, child.name)();
    });
  }
}
