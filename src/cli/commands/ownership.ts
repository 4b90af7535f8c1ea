/** provenonce ownership: the owner of each partition, since when, its progress, and which partitions are stuck. */

import { terminalColumns } from '../../base/text/terminal.ts';
import { ownershipText, standsStill } from '../../operations/ownership-text.ts';
import type { Ownership } from '../../processor/ports.ts';
import type { OpenedSink } from '../../sinks/opened-sink.ts';
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
    const sink = await openCommandSink(config.sink);
    try {
      const { topic } = config.kafka;
      const { bounds } = await commandInputs(config, sink);
      const rows = await sink.storedOwnership(topic);
      const health = await sink.checkpoints.newest(topic);
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
  sink: Pick<OpenedSink, 'compareRows'>,
  rows: readonly Pick<Ownership, 'partition'>[],
  health: ReadonlyMap<number, unknown>,
): Promise<void> {
  const known = new Set(rows.map(({ partition }) => partition));
  if (rows.length > 0 && [...health.keys()].every((partition) => known.has(partition))) return;
  const { lost } = await sink.compareRows();
  if (lost !== undefined) throw lost;
}
