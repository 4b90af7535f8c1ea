/**
 * The look at a topic before there are tables (first-look.ts): rules that fit no record, and a topic with a clock risk,
 * stop a first start before its dataset and tables are made. So the types of columns of a wrong rules file are not there to stay.
 *
 * Boundary: reads the log and, where records name schemas, the registry. Writes nothing. A topic without a payment up to its
 * end passes where the process would wait: the processor looks again, with tables.
 */
import { compileEntry } from '../payments/settings.ts';
import { checkClock } from './clock-rule.ts';
import { firstLook } from './first-look.ts';
import type { ProcessorPorts } from './processor.ts';
import { DatasetSchemas } from './schemas/dataset-schemas.ts';
import type { ProcessorSettings } from './settings.ts';
import { startOffsets } from './start-offsets.ts';
import { entryOf } from './takeover/next-entry.ts';
import { checkTopic, minEventTimeOf } from './topic-checks.ts';

type LookedWith = Pick<ProcessorPorts, 'log' | 'runtime' | 'observer' | 'schemaParts'>;

/** Rejects with what must stop the process, once the log is closed. */
export async function lookBeforeTables(
  settings: ProcessorSettings,
  ports: LookedWith,
  signal: AbortSignal,
): Promise<void> {
  const { log, runtime } = ports;
  const { topic, acceptClockRisk, acceptNothing, decision, startAt, untilCaughtUp, rulesFile } = settings;
  try {
    const facts = await log.facts();
    checkTopic(facts);
    checkClock(facts, decision, acceptClockRisk);
    if (acceptNothing) return;
    const partitions = Array.from({ length: facts.partitionCount }, (_, partition) => partition);
    const options = {
      topic,
      startOffsets: await startOffsets(startAt, facts, partitions, log),
      minEventTimeMs: minEventTimeOf(settings, runtime),
      settings: compileEntry(entryOf(settings, 0)),
      untilCaughtUp,
      isBeforeTables: true,
      rulesFile,
      isSeeded: async () => false,
    };
    await firstLook(options, { ...ports, schemas: schemasOf(ports) }, signal);
  } catch (error) {
    await log.stop();
    throw error;
  }
}

/** There are no rows yet, and a look stores none. A schema that the registry does not know is not waited for here. */
function schemasOf({ runtime, observer, schemaParts }: LookedWith): DatasetSchemas | undefined {
  if (schemaParts === undefined) return undefined;
  const sink = { readSchemas: async () => [], putSchema: async () => {} };
  const limits = { ...schemaParts.limits, unknownAfterMs: 0 };
  return new DatasetSchemas({ ...schemaParts, limits, runtime, observer, sink });
}
