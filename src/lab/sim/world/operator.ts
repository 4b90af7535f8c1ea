/**
 * Operators of the simulated world: each command is a process of its own, that can die half way like any other. Who died
 * is started again by healing and does the same again, as a person would.
 */

import { ConfigurationError, ContradictionError, OwnershipLostError } from '../../../base/errors.ts';
import type { OperatorPorts } from '../../../operations/hold-partitions.ts';
import { type RescalePorts, rescale } from '../../../operations/rescale.ts';
import { type SkipOrder, skipOffsets } from '../../../operations/skip.ts';
import { DATA_TABLES } from '../../../payments/types.ts';
import { silentObserver } from '../../../processor/events.ts';
import type { ExitReport } from '../../../processor/processor.ts';
import { operatorSink } from '../../../sinks/bigquery/operator-sink.ts';
import { DEFAULT_SINK_LIMITS } from '../../../sinks/bigquery/sink-limits.ts';
import { BigQueryWriteStreams } from '../../../sinks/bigquery/write/write-streams.ts';
import type { SimFaultKind } from '../../fault.ts';
import { SIM_DATASET } from '../bigquery/sim-bigquery.ts';
import { OPERATOR_PREFIX, type SimPorts } from './sim-process.ts';
import type { World } from './world.ts';

const LOOKS_EVERY_MS = 500;
const TRIES_AGAIN_AFTER_MS = 3_000;

/** How a world is declared to operators. */
type OperatedWorld = Pick<World, 'isEmulator' | 'delta'>;

export function operatorPorts(ports: SimPorts, { isEmulator, delta }: OperatedWorld): OperatorPorts {
  const { runtime, queries, rpc, log, encoder } = ports;
  const bounds: OperatorPorts['bounds'] = (partition) => log.bounds(partition);
  if (delta !== undefined) return { runtime, sink: delta.parts.operatorSink(ports), observer: silentObserver, bounds };
  const streams = new BigQueryWriteStreams({
    rpc,
    runtime,
    dataset: SIM_DATASET,
    limits: DEFAULT_SINK_LIMITS,
    isEmulator,
    encoder,
  });
  return {
    runtime,
    sink: operatorSink({ runtime, queries, streams, observer: silentObserver }),
    observer: silentObserver,
    bounds,
  };
}

/** What is refused, or lost to processors that are quicker, is an ordinary end of a command. */
export function operatorMain(
  world: OperatedWorld,
  command: (ports: OperatorPorts, signal: AbortSignal) => Promise<void>,
): (ports: SimPorts) => Promise<ExitReport> {
  return async (ports) => {
    try {
      await command(operatorPorts(ports, world), ports.stopSignal);
      return { exitCode: 0, why: 'done' };
    } catch (error) {
      const isAnswer =
        error instanceof ConfigurationError ||
        error instanceof OwnershipLostError ||
        error instanceof ContradictionError ||
        ports.stopSignal.aborted;
      if (!isAnswer) throw error;
      ports.life.context.trace.add(ports.life.process, `is refused: ${(error as Error).message}`);
      return { exitCode: 0, why: 'refused' };
    }
  };
}

/** The operator reads where the partition stands, as `ownership` shows it, and gives up what follows. */
export function operatorSkips(world: World, fault: Extract<SimFaultKind, { what: 'skip' }>): void {
  const { partition, ahead, records } = fault;
  const log = world.kafka.partition(partition);
  const { rows } = world.stored.held();
  const written = DATA_TABLES.flatMap((table) =>
    rows[table].filter((each) => each.partition === partition).map(({ row }) => row.kafka_offset + 1),
  );
  const checkpointed = world.stored.checkpointed(partition);
  const removeRows = log.startOffset > checkpointed;
  const from = removeRows ? checkpointed : Math.max(checkpointed, ...written) + ahead;
  const to = log.startOffset > from ? log.startOffset : Math.min(from + records, log.endOffset);
  const order: SkipOrder = {
    topic: world.kafka.topic,
    partition,
    from,
    to,
    reason: 'poison',
    by: 'operator',
    removeRows,
  };
  const main = operatorMain(world, async (ports, signal) => {
    await skipOffsets(order, ports, signal);
    world.context.marks.hit('skip_put');
  });
  world.spawn(`${OPERATOR_PREFIX}${world.processes.size}`, main);
}

export function operatorRescales(world: World, partitions: number): void {
  const main = operatorMain(world, (ports, signal) => rescaleTopic(world, partitions, ports, signal));
  world.spawn(`${OPERATOR_PREFIX}${world.processes.size}`, main);
}

/** By the runbook: once everything is drained the processors are stopped, for as long as it takes; refused, it is done again. */
export function operatorRescalesUntilDone(world: World, partitions: number): void {
  let isDone = false;
  let isTold = false;
  const attempt = operatorMain(world, async (ports, signal) => {
    await rescaleTopic(world, partitions, ports, signal);
    isDone = true;
  });
  const main = async (ports: SimPorts): Promise<ExitReport> => {
    const { runtime } = ports;
    const until = async (holds: () => boolean): Promise<void> => {
      while (!holds()) await runtime.sleep(LOOKS_EVERY_MS);
    };
    const processors = [...world.processes.values()].filter(({ isOperator }) => !isOperator);
    // A planned crash, or healing, starts one of them again: it is stopped again.
    const allStopped = (): Promise<void> =>
      until(() => {
        for (const processor of processors) processor.stop();
        return processors.every(({ running }) => !running);
      });
    while (!isDone) {
      await until(() => !world.hasWork);
      await allStopped();
      await attempt(ports);
      // One that runs by now may have learnt the old number of partitions.
      await allStopped();
      for (const processor of processors) if (!processor.running && processor.main !== undefined) processor.start();
      if (!isDone) await runtime.sleep(TRIES_AGAIN_AFTER_MS);
    }
    // Healing starts every command again that has ended.
    if (!isTold) {
      isTold = true;
      world.context.marks.hit('topic_rescaled');
      world.onRescaled();
    }
    return { exitCode: 0, why: 'done' };
  };
  world.spawn(`${OPERATOR_PREFIX}${world.processes.size}`, main);
}

async function rescaleTopic(
  world: World,
  partitions: number,
  ports: OperatorPorts,
  signal: AbortSignal,
): Promise<void> {
  const { kafka } = world;
  const topic: Pick<RescalePorts, 'topicPartitions' | 'addPartitions'> = {
    topicPartitions: async () => kafka.partitions.length,
    addPartitions: async (count) => kafka.addPartitions(count - kafka.partitions.length),
  };
  const order = { topic: kafka.topic, partitions, by: 'operator', producersStopped: true };
  await rescale(order, { ...ports, ...topic }, signal);
  world.context.trace.add('world', `topic has ${partitions} partitions`);
}
