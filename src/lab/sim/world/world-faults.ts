/** Carries out planned faults on a world: one small action per kind. When they strike is the injector's business. */

import type { SharedFault } from '../../../../chaos/fault.ts';
import type { SimFault } from '../../fault.ts';
import { operatorRescales, operatorRescalesUntilDone, operatorSkips } from './operator.ts';
import type { SimProcess } from './sim-process.ts';
import type { World } from './world.ts';

const RESTART_AFTER_MS = 500;

/** `passing`: the process that passed the fault's point, where there is one. */
export function strike(world: World, fault: SimFault, passing: string | undefined): void {
  const { kafka, bigquery } = world;
  const untilMs = (forMs: number): number => world.nowMs + forMs;
  switch (fault.what) {
    case 'crash': {
      const process = target(world, fault.process ?? passing);
      process?.crash();
      restartLater(world, process, fault);
      return;
    }
    case 'stop': {
      const process = target(world, fault.process);
      process?.stop();
      restartLater(world, process, fault);
      return;
    }
    case 'pause':
      pause(world, target(world, fault.process ?? passing), fault.forMs);
      return;
    case 'clock_jump': {
      const process = target(world, fault.process);
      if (process !== undefined) process.clockOffsetMs += fault.byMs;
      return;
    }
    case 'disk':
      target(world, fault.process)?.disk.damage(fault.effect, fault.partition, world.context.rng);
      return;
    case 'rebalance':
      for (const group of kafka.groups) group.rebalance('fault');
      return;
    case 'session_expiry': {
      const life = target(world, fault.process)?.life;
      if (life !== undefined) for (const group of kafka.groups) group.expireLife(life);
      return;
    }
    case 'reset_offsets':
      kafka.resetOffsets(fault.to);
      return;
    case 'leader_loss':
      kafka.partitions.forEach((log, partition) => {
        if (fault.partition === undefined || fault.partition === partition) log.loseLeader(untilMs(fault.forMs));
      });
      return;
    case 'retention':
      kafka.partition(fault.partition).dropFromStart(fault.records);
      return;
    case 'expiry':
      expire(world, fault.partition, fault.keep);
      return;
    case 'truncation':
      kafka.partition(fault.partition).dropFromEnd(fault.records);
      return;
    case 'damage':
      kafka.partition(fault.partition).damage(fault.offset, fault.offset + fault.records, fault.once === true);
      return;
    case 'recreate':
      for (const log of kafka.partitions) log.recreate();
      return;
    case 'skip':
      operatorSkips(world, fault);
      return;
    case 'rescale':
      if (fault.untilDone === true) operatorRescalesUntilDone(world, fault.partitions);
      else operatorRescales(world, fault.partitions);
      return;
    case 'partitions_added':
      kafka.addPartitions(fault.count);
      return;
    case 'streams_lost':
      bigquery.tables.loseStreams(fault.partition);
      return;
    case 'streams_finalized':
      bigquery.tables.finalizeStreams(fault.partition);
      return;
    case 'table_replaced':
      bigquery.tables.replaceTable(fault.table);
      return;
    case 'table_restored':
      bigquery.tables.restoreTable(fault.table);
      return;
    case 'bigquery_down':
      bigquery.downUntilMs = untilMs(fault.forMs);
      return;
    case 'store_down':
      if (world.delta !== undefined) world.delta.store.downUntilMs = untilMs(fault.forMs);
      return;
    case 'compaction':
      world.delta?.otherEngine.compact(fault.table);
      return;
    case 'log_cleanup':
      world.delta?.otherEngine.cleanUp(fault.table, fault.txns !== false, world.delta.keptCommits);
      return;
    case 'foreign_rows':
      world.delta?.otherEngine.addRows(fault.table);
      return;
    case 'answer':
      // Done where the request is.
      return;
    default:
      fault satisfies never;
  }
}

function target(world: World, name: string | undefined): SimProcess | undefined {
  return name === undefined ? undefined : world.processes.get(name);
}

/** By the checkpoint that a query would see now. */
function expire(world: World, partition: number, keep: number): void {
  const checkpointOffset =
    world.delta === undefined ? seenCheckpoint(world, partition) : world.stored.checkpointed(partition);
  const dropped = world.kafka.partition(partition).dropBelow(checkpointOffset - keep);
  if (dropped > 0) world.context.marks.hit('expired_below_checkpoint');
}

function seenCheckpoint(world: World, partition: number): number {
  const seen = world.bigquery.tables.visible('checkpoint_log', partition, () => true);
  return Math.max(0, ...seen.map(({ row }) => row.nextOffset));
}

/** Without `forMs` until the world heals. */
function pause(world: World, process: SimProcess | undefined, forMs: number | undefined): void {
  const life = process?.life;
  if (life === undefined || life.state !== 'running') return;
  life.pause();
  world.trace.add(life.process, forMs === undefined ? 'paused' : `paused for ${forMs} ms`);
  if (forMs !== undefined) world.after(forMs, () => life.resume());
}

/** Starts it again once this life is over; a graceful stop may take a while. Its disk is damaged in between. */
function restartLater(
  world: World,
  process: SimProcess | undefined,
  { disk, restartAfterMs = RESTART_AFTER_MS }: Extract<SharedFault, { readonly what: 'crash' | 'stop' }>,
): void {
  const life = process?.life;
  if (process?.main === undefined || life === undefined) return;
  process.restartsPending++;
  const startLater = (): void => {
    if (disk !== undefined) process.disk.damage(disk, undefined, world.context.rng);
    world.after(restartAfterMs, () => {
      process.restartsPending--;
      if (!process.running && process.main !== undefined) process.start();
    });
  };
  if (life.dead) startLater();
  else life.onChange((state) => (state === 'dead' ? startLater() : undefined));
}
