/** Hits the coverage marks that follow from the processors' events and what the world knows at that moment. One per run. */
import type { ProcessorEvent } from '../../../processor/events.ts';
import type { World } from '../world/world.ts';

interface Holding {
  readonly epoch: number;
  /** Name of the process that won it. */
  readonly process: string;
  readonly life: number;
  running: boolean;
  /** Ended by a graceful stop, with a last checkpoint. */
  released: boolean;
}

export class CoverageEvents {
  readonly #world: World;
  readonly #holdings = new Map<number, Holding>();
  /** The predecessor of each holding. */
  readonly #before = new Map<number, Holding | undefined>();
  readonly #stopping = new Set<string>();

  constructor(world: World) {
    this.#world = world;
  }

  /** `life`: which life of the process says so. */
  see(process: string, life: number, event: ProcessorEvent): void {
    const { marks } = this.#world.context;
    switch (event.type) {
      case 'takeover.claimed':
        this.#claimed(process, life, event);
        return;
      case 'takeover.lost_claim':
        marks.hit('claim_lost');
        return;
      case 'partition.fenced':
        if (this.#world.delta !== undefined) marks.hit('fenced_by_commit');
        return;
      case 'takeover.counts_differ':
        marks.hit('counts_differ_at_takeover');
        return;
      case 'takeover.finalized':
        if (event.outcome.state === 'gone') marks.hit('stream_gone_at_takeover');
        return;
      case 'takeover.positioned':
        this.#positioned(event);
        return;
      case 'takeover.running': {
        const holding = this.#holdings.get(event.partition);
        if (holding?.epoch === event.epoch) holding.running = true;
        return;
      }
      case 'state.restored':
        if (event.how === 'fresh') marks.hit('state_fresh');
        else if (event.how === 'rebuilt') marks.hit('state_rebuilt_from_sink');
        else marks.hit(event.fromOffset < event.atOffset ? 'state_local_folded_forward' : 'state_local_used');
        return;
      case 'replay.finished':
        if (event.rowsSkipped > 0) marks.hit('replay_skipped_rows');
        return;
      case 'settings.changed':
        marks.hit('settings_entry_added');
        return;
      case 'settings.older':
        marks.hit('settings_older_than_history');
        return;
      case 'assignment.changed':
        if (event.partitions.length > event.gained.length) marks.hit('rebalance_kept_partition');
        return;
      case 'log.recheck':
        marks.hit('log_rechecked');
        return;
      case 'processor.stopping':
        this.#stopping.add(`${process}.${life}`);
        return;
      case 'partition.released': {
        const holding = this.#holdings.get(event.partition);
        if (holding?.epoch === event.epoch)
          holding.released = event.drained && this.#stopping.has(`${process}.${life}`);
        return;
      }
      case 'partition.stopped':
        if (event.code === 'retention_gap') marks.hit('retention_gap_stop');
        if (event.code === 'log_truncated') marks.hit('log_truncated_stop');
        if (event.code === 'log_changed') marks.hit('log_changed_stop');
        if (event.code === 'schema_unknown') marks.hit('schema_unknown_stop');
        return;
      default:
    }
  }

  /** What the tables and the log say when all is over. */
  end(): void {
    const { kafka, stored, context } = this.#world;
    const { marks } = context;
    const { rows } = stored.held();
    const epochs = new Map<string, number>();
    for (const table of ['payment_transactions', 'payment_transactions_fraud', 'payment_metrics_partials'] as const) {
      for (const { partition, row } of rows[table]) {
        const place = `${partition}/${row.kafka_offset}`;
        const epoch = epochs.get(place) ?? row.writer_epoch;
        epochs.set(place, epoch);
        if (epoch !== row.writer_epoch) marks.hit('replay_skipped_part_of_record');
      }
    }
    for (const { row } of rows.payment_exceptions) {
      if (row.disposition === 'late') marks.hit('late_payment');
      if (row.disposition === 'rejected') marks.hit('rejected_record');
      if (row.reason === 'not_a_payment') marks.hit('record_without_payment');
      if (row.reason?.startsWith('value_undecodable')) marks.hit('record_undecodable');
      if (row.reason?.startsWith('schema_rejected')) marks.hit('record_of_rejected_schema');
      if (row.conflict) marks.hit('duplicate_with_conflict');
    }
    for (const { row } of rows.payment_transactions) {
      if (row.columns !== undefined) marks.hit('further_column_kept');
      if (row.region === null || row.device_id === null) marks.hit('missing_role_kept');
    }
    for (const { history } of stored.ownership(kafka.topic))
      if (history.filter(({ rules }) => rules !== undefined).length > 1) marks.hit('rules_changed');
    if (context.faults.points.has('state.discard.before')) marks.hit('state_local_discarded');
    kafka.partitions.forEach((log, partition) => {
      if (log.hasGapBelow(stored.checkpointed(partition))) marks.hit('marker_gap_crossed');
    });
  }

  #claimed(process: string, life: number, { partition, epoch }: { partition: number; epoch: number }): void {
    const { marks } = this.#world.context;
    const before = this.#holdings.get(partition);
    if (before !== undefined) {
      const owner = this.#world.processes.get(before.process)?.life;
      const isOther = before.process !== process || before.life !== life;
      if (!before.running) marks.hit('takeover_of_a_takeover');
      if (isOther && owner?.number === before.life && !owner.dead && !before.released)
        marks.hit('takeover_from_the_living');
    }
    this.#before.set(partition, before);
    this.#holdings.set(partition, { epoch, process, life, running: false, released: false });
  }

  #positioned(event: Extract<ProcessorEvent, { type: 'takeover.positioned' }>): void {
    const { marks } = this.#world.context;
    const { partition, checkpointOffset, resumeOffset } = event;
    const before = this.#before.get(partition);
    if (before?.released === true && checkpointOffset === resumeOffset) marks.hit('graceful_stop_left_nothing');
    if (checkpointOffset === resumeOffset) return;
    const isReplayed = this.#world.stored.reaches('payment_metrics_partials', partition, checkpointOffset);
    if (isReplayed) marks.hit('window_rows_replayed');
  }
}
