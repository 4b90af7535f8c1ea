/** provenonce ownership: who holds which partition, since when, and how far it got. */
import { ENDPOINT_SETTINGS, parseEndpoints } from '../config/process-config.ts';
import { addFlags } from '../config/show-settings.ts';
import { printJson } from '../exit.ts';
import type { AddCommand } from '../main.ts';
import { openCommandSink } from '../sink.ts';
import { tableText } from '../table-text.ts';

export const addCommand: AddCommand = (program) => {
  const command = program
    .command('ownership')
    .description('who holds which partition, since when, and how far it got')
    .option('--json', 'one JSON document on standard output');
  addFlags(command, ENDPOINT_SETTINGS).action(async (flags: Record<string, string | boolean | undefined>) => {
    const { config } = parseEndpoints(process.env, flags);
    const sink = openCommandSink(config.bigquery);
    try {
      const rows = await sink.queries.readOwnership(config.kafka.topic);
      const held = await Promise.all(
        rows.map(async (row) => {
          const checkpoint = await sink.queries.latestCheckpoint(row.topic, row.partition);
          return {
            ...row,
            nextOffset: checkpoint?.nextOffset ?? row.startOffset,
            checkpointEpoch: checkpoint?.writerEpoch ?? null,
          };
        }),
      );
      if (flags.json) printJson({ partitions: held });
      else process.stdout.write(`${ownershipText(held)}\n`);
    } finally {
      await sink.close();
    }
  });
};

type Held = {
  partition: number;
  epoch: number;
  owner: string;
  claimedAtMs: number;
  nextOffset: number;
  startOffset: number;
};

function ownershipText(held: readonly Held[]): string {
  if (held.length === 0) return 'No partition was ever processed into this dataset.';
  const head = ['partition', 'epoch', 'owner', 'since', 'start', 'next offset'];
  const rows = held.map((row) => [
    String(row.partition),
    String(row.epoch),
    row.epoch === 0 ? '-' : row.owner,
    row.epoch === 0 ? '-' : new Date(row.claimedAtMs).toISOString(),
    String(row.startOffset),
    String(row.nextOffset),
  ]);
  return tableText(head, rows);
}
