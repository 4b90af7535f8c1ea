/** Opens the sink and the inputs of the checks from a command's configuration. */

import { readFileSync } from 'node:fs';
import { spanText } from '../base/span-text.ts';
import { systemRuntime } from '../base/system-runtime.ts';
import { deltaInputs } from '../checks/inputs/delta/delta-inputs.ts';
import { realInputs } from '../checks/inputs/real-inputs.ts';
import type { VerifyInputs } from '../checks/inputs/verify-inputs.ts';
import type { RowLayout } from '../payments/row-layout.ts';
import { type AnySink, openSink } from '../sinks/open-sink.ts';
import type { SinkEndpoint } from '../sinks/sink-endpoint.ts';
import { kafkaConnection } from './config/kafka-connection.ts';
import type { EndpointConfig } from './config/process-config.ts';
import { requireTopicOfDataset } from './dataset-topic.ts';
import { complain } from './print.ts';

/** For commands that people run: shorter than the quarter of an hour of a processor. */
export const PATIENCE_MS = 30_000;

/**
 * The sink of an interactive command: waits half a minute for the service, and reports on standard error that it waits.
 */
export function openCommandSink(endpoint: SinkEndpoint, layout?: RowLayout): Promise<AnySink> {
  let said = false;
  return openSink(endpoint, {
    layout,
    runtime: systemRuntime,
    limits: { unreachableAfterMs: PATIENCE_MS },
    onWaiting: ({ service, limitMs, error }) => {
      if (!said) complain(`waiting for ${service}, at most ${spanText(limitMs)}: ${error}`);
      said = true;
    },
  });
}

/** Rejects if the tables are another topic's, or were replaced. */
export async function commandInputs({ kafka }: EndpointConfig, sink: AnySink): Promise<VerifyInputs> {
  await sink.requireTables();
  await requireTopicOfDataset(kafka.topic, sink);
  const connection = kafkaConnection(kafka, 'provenonce', (file) => readFileSync(file, 'utf8'));
  const source = { topic: kafka.topic, kafka: connection, runtime: systemRuntime };
  return sink.kind === 'delta' ? deltaInputs({ ...source, location: sink.location }) : realInputs({ ...source, sink });
}
