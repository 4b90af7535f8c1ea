/** provenonce rescale: adds partitions to the topic; every partition then remembers what all of them had accepted. */
import { readFileSync } from 'node:fs';
import { ConfigurationError } from '../../base/errors.ts';
import { systemRuntime } from '../../base/system-runtime.ts';
import { printable, textOfLines } from '../../base/text/printable.ts';
import { KafkaAdmin } from '../../kafka/kafka-admin.ts';
import {
  planRescale,
  type RescaleOrder,
  type RescalePlan,
  type RescalePorts,
  rescale,
} from '../../operations/rescale.ts';
import { withRescalePoints } from '../../operations/rescale-points.ts';
import { RESCALE_POINTS } from '../../processor/crash-points.ts';
import { silentObserver } from '../../processor/events.ts';
import { kafkaConnection } from '../config/kafka-connection.ts';
import { ENDPOINT_SETTINGS, type EndpointConfig, parseEndpoints } from '../config/process-config.ts';
import { addFlags } from '../config/show-settings.ts';
import { printJson, stopSignal } from '../exit.ts';
import { killAt } from '../kill-at.ts';
import type { AddCommand } from '../main.ts';
import { operatorOption, wholeNumber } from '../options.ts';
import { print } from '../print.ts';
import { commandInputs, openCommandSink } from '../sink.ts';

interface RescaleFlags {
  readonly partitions: number;
  readonly producersStopped?: boolean;
  readonly by: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export const addCommand: AddCommand = (program) => {
  const command = program
    .command('rescale')
    .description('add partitions to the topic, or register added ones, keeping deduplication intact')
    .requiredOption('--partitions <n>', 'number of partitions that the topic will have', wholeNumber(2))
    .option('--producers-stopped', 'confirms that nothing is produced until this command is done')
    .addOption(operatorOption('who does it; recorded in the tables'))
    .option('--dry-run', 'show what would be done, and change nothing')
    .option('--json', 'one JSON document on standard output');
  addFlags(command, ENDPOINT_SETTINGS).action(async (flags: RescaleFlags & Record<string, string>) => {
    const { partitions, producersStopped = false, by, dryRun = false, json, ...rest } = flags;
    const { config } = parseEndpoints(process.env, rest as Record<string, string>);
    const hit = killAt(process.env.PROVENONCE_CRASH_AT, RESCALE_POINTS);
    const sink = await openCommandSink(config.sink);
    try {
      const { bounds } = await commandInputs(config, sink);
      const plain: RescalePorts = {
        runtime: systemRuntime,
        sink: sink.operator({ observer: silentObserver, hit }),
        observer: silentObserver,
        bounds,
        ...topicPorts(config),
      };
      const ports = hit === undefined ? plain : withRescalePoints(plain, hit);
      const order: RescaleOrder = { topic: config.kafka.topic, partitions, by, producersStopped };
      const plan = dryRun ? await planRescale(order, ports) : await rescale(order, ports, stopSignal());
      if (json) printJson({ ...plan, dryRun });
      else print(rescaleText(plan, dryRun));
    } finally {
      await sink.close();
    }
  });
};

function topicPorts({ kafka }: EndpointConfig): Pick<RescalePorts, 'topicPartitions' | 'addPartitions'> {
  const connect = (): Promise<KafkaAdmin> =>
    KafkaAdmin.connect(kafkaConnection(kafka, 'provenonce-rescale', (file) => readFileSync(file, 'utf8')));
  return {
    async topicPartitions() {
      await using admin = await connect();
      const count = await admin.partitionCount(kafka.topic);
      if (count === undefined)
        throw new ConfigurationError([`topic ${kafka.topic} does not exist: check KAFKA_TOPIC_PAYMENTS`]);
      return count;
    },
    async addPartitions(partitions) {
      await using admin = await connect();
      await admin.addPartitions(kafka.topic, partitions);
    },
  };
}

export function rescaleText(plan: RescalePlan, dryRun: boolean): string {
  const { order, from, topicPartitions, boundaries, floorMs, carriedIds, isDone } = plan;
  if (isDone)
    return printable(`${order.topic}: the dataset has its ${order.partitions} partitions already; nothing to do`);
  const adds = topicPartitions < order.partitions ? `, which the topic ${dryRun ? 'would get' : 'got'}` : '';
  return textOfLines([
    `${order.topic}: ${dryRun ? 'would go' : 'went'} from ${from} to ${order.partitions} partitions${adds}`,
    ...boundaries.map(
      ({ partition, checkpointOffset }) => `  partition ${partition}: boundary at offset ${checkpointOffset}`,
    ),
    `  payments with event times before ${new Date(floorMs).toISOString()} are late from there on, in every partition`,
    ...(carriedIds === undefined ? [] : [`  ${carriedIds} ids are remembered by every partition`]),
    ...(dryRun ? [] : ['Start the processors, then the producers.']),
  ]);
}
