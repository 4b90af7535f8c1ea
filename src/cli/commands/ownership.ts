/** provenonce ownership: the owner of each partition, since when, its progress, and which partitions are stuck. */

import { terminalColumns } from '../../base/text/terminal.ts';
import { ownershipText, standsStill } from '../../operations/ownership-text.ts';
import type { Ownership } from '../../processor/ports.ts';
import { comparedRows } from '../../sinks/bigquery/dataset/compared-rows.ts';
import { quotedTable } from '../../sinks/bigquery/identifiers.ts';
import type { Sink } from '../../sinks/bigquery/open-sink.ts';
import { textParameter } from '../../sinks/bigquery/query/query-values.ts';
import { ENDPOINT_SETTINGS, parseEndpoints } from '../config/process-config.ts';
import { addFlags } from '../config/show-settings.ts';
import { printJson } from '../exit.ts';
import type { AddCommand } from '../main.ts';
import { print } from '../print.ts';
import { commandInputs, openCommandSink } from '../sink.ts';

export const addCommand: AddCommand = (program) => {
  const command = program
    .command('ownership')
    .description('show the owner of each partition, since when, its progress, and which ones are stuck')
    .option('--no-log', 'do not ask Kafka for the lag of each partition')
    .option('--json', 'one JSON document on standard output');
  addFlags(command, ENDPOINT_SETTINGS).action(async (flags: Record<string, string | boolean | undefined>) => {
    const { log, json, ...rest } = flags;
    const { config } = parseEndpoints(process.env, rest);
    const sink = openCommandSink(config.bigquery);
    try {
      const { topic } = config.kafka;
      const { bounds } = await commandInputs(config, sink);
      const rows = await sink.queries.readOwnership(topic);
      const health = await checkpointsOf(sink, topic);
      await requireRows(sink, rows, health);
      const held = [];
      for (const row of rows) {
        const seen = health.get(row.partition);
        const nextOffset = seen?.nextOffset ?? row.startOffset;
        const behind = log === false ? null : Math.max(0, (await bounds(row.partition)).endOffset - nextOffset);
        const { checkpointEpoch = null, checkpointAgeS = null } = seen ?? {};
        const partition = { ...row, nextOffset, checkpointEpoch, checkpointAgeS, behind };
        held.push({ ...partition, standsStill: standsStill(partition) });
      }
      if (json) printJson({ partitions: held });
      else print(ownershipText(held, terminalColumns(process.stdout, process.env)));
    } finally {
      await sink.close();
    }
  });
};

/**
 * Rejects if ownership rows are missing that other tables prove to have existed: "nobody ever had it" would be wrong.
 */
export async function requireRows(
  sink: Pick<Sink, 'inspector'>,
  rows: readonly Pick<Ownership, 'partition'>[],
  health: ReadonlyMap<number, unknown>,
): Promise<void> {
  const known = new Set(rows.map(({ partition }) => partition));
  if (rows.length > 0 && [...health.keys()].every((partition) => known.has(partition))) return;
  const { lost } = await comparedRows(sink);
  if (lost !== undefined) throw lost;
}

interface LastCheckpoint {
  readonly nextOffset: number;
  readonly checkpointEpoch: number | null;
  readonly checkpointAgeS: number | null;
}

/**
 * One query for all partitions. The view pipeline_health has the same numbers, but counts rows of whole tables for
 * them.
 */
async function checkpointsOf(sink: Sink, topic: string): Promise<Map<number, LastCheckpoint>> {
  const rows = await sink.queries.runQuery(
    `SELECT kafka_partition, next_offset, writer_epoch AS checkpoint_epoch,
       TIMESTAMP_DIFF(CURRENT_TIMESTAMP(), written_at, SECOND) AS checkpoint_age_s
     FROM ${quotedTable(sink.dataset, 'checkpoint_log')}
     WHERE topic = @topic
     QUALIFY ROW_NUMBER() OVER (
       PARTITION BY kafka_partition ORDER BY next_offset DESC, writer_epoch DESC, written_at DESC
     ) = 1`,
    [textParameter('topic', topic)],
  );
  const numberOrNull = (value: unknown): number | null => (value === null ? null : Number(value));
  return new Map(
    rows.map((row) => [
      Number(row.kafka_partition),
      {
        nextOffset: Number(row.next_offset),
        checkpointEpoch: numberOrNull(row.checkpoint_epoch),
        checkpointAgeS: numberOrNull(row.checkpoint_age_s),
      },
    ]),
  );
}
