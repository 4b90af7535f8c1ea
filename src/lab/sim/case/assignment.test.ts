/** What the processor does with its assignment, its first claim, a sink that fails beside it, and its end: on simulated ports. */
import { expect, it } from 'vitest';
import { UnreachableError } from '../../../base/errors.ts';
import { Processor } from '../../../processor/processor.ts';
import { elapse, settled, someRecords } from '../testing.ts';
import { createWorld } from '../world/create-world.ts';
import { processorMain, processorPorts, processorSettings, type SimWiring } from '../world/processor-main.ts';

/** A port with some methods replaced; the others keep their `this`. */
function overriding<Port extends object>(port: Port, methods: Partial<Port>): Port {
  return new Proxy(port, {
    get(target, name) {
      const value: unknown = methods[name as keyof Port] ?? Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

function start(change: (wired: SimWiring) => Partial<SimWiring>) {
  const world = createWorld({ seed: 5, partitions: 2 });
  const ports = world.process('a').boot();
  const wired = processorPorts(ports, { weaken: (all) => ({ ...all, ...change(all) }) });
  const processor = new Processor(processorSettings('a', {}), wired);
  const stop = new AbortController();
  const ended = processor.run(stop.signal);
  return { world, processor, stop, ended };
}

it('a partition that is lost is let go, and worked on again when it comes back', async () => {
  let assign: (partitions: readonly number[]) => void = () => {};
  const { world, processor, stop, ended } = start(({ log }) => ({
    log: overriding(log, {
      // It joins, and its assignments are those of the test.
      start: (told) => {
        assign = told.assigned;
        return log.start({ ...told, assigned: () => {} });
      },
    }),
  }));
  const phases = (): unknown[] => processor.status().map(({ partition, phase }) => [partition, phase]);
  const rowsOf = (partition: number): number =>
    world.bigquery.rows('payment_exceptions').filter(({ stamp }) => stamp.partition === partition).length;
  await elapse(world, 1_000);
  assign([0, 1]);
  await elapse(world, 20_000);
  expect(phases()).toEqual([
    [0, 'running'],
    [1, 'running'],
  ]);
  assign([1]);
  await elapse(world, 20_000);
  expect(phases()).toEqual([[1, 'running']]);
  world.kafka.partition(0).append(someRecords(5));
  assign([0, 1]);
  await elapse(world, 60_000);
  expect(phases()).toEqual([
    [1, 'running'],
    [0, 'running'],
  ]);
  expect(rowsOf(0)).toBe(5);
  stop.abort();
  expect(await settled(world, ended)).toMatchObject({ exitCode: 0 });
});

it('the local state is read while the first claim is in flight: its row is known by then', async () => {
  const done: string[] = [];
  const { world, stop, ended } = start(({ queries, state }) => ({
    queries: overriding(queries, {
      claim: async (topic, claims) => {
        await queries.claim(topic, claims);
        done.push('claimed');
      },
    }),
    state: overriding(state, {
      load: (partition) => {
        done.push('loading');
        return state.load(partition);
      },
    }),
  }));
  await elapse(world, 30_000);
  expect(done.slice(0, 2)).toEqual(['loading', 'loading']);
  expect(done).toContain('claimed');
  stop.abort();
  expect(await settled(world, ended)).toMatchObject({ exitCode: 0 });
});

it('a look at the tables that fails during a takeover ends it by its error, and by nothing that nobody caught', async () => {
  const { world, ended } = start(({ inspection }) => ({
    inspection: overriding(inspection, {
      wrongTables: async () => {
        throw new UnreachableError('the tables cannot be looked at');
      },
    }),
  }));
  // The checkpoint and the rows are still on their way when the look has failed.
  expect(await settled(world, ended)).toMatchObject({ exitCode: 69, why: 'the tables cannot be looked at' });
});

it('a process that ends when it is caught up closes its log first, then its local state, and waits for both', async () => {
  const world = createWorld({ seed: 3, partitions: 2 });
  for (const partition of [0, 1]) world.kafka.partition(partition).append(someRecords(20));
  const ports = world.process('a').boot();
  const done: string[] = [];
  /** The port with one method that takes its time, and notes when it is done. */
  const slow = <Port extends object>(port: Port, method: string, forMs: number): Port =>
    new Proxy(port, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        if (name !== method) return value.bind(target) as unknown;
        return async () => {
          await ports.runtime.sleep(forMs);
          await value.call(target);
          done.push(method);
        };
      },
    });
  const main = processorMain({
    untilCaughtUp: true,
    weaken: (wired) => ({ ...wired, log: slow(wired.log, 'stop', 500), state: slow(wired.state, 'close', 10) }),
  });
  expect(await settled(world, main(ports))).toMatchObject({ exitCode: 0, why: 'caught up' });
  expect(done).toEqual(['stop', 'close']);
  expect(world.bigquery.rows('payment_exceptions')).toHaveLength(40);
});
