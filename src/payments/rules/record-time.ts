/** The condition that a mapping carries which takes the Kafka timestamp of a record for the time of its event. Pure. */
import type { Rules } from './rules.ts';

/** One text, if these rules have it. */
export function recordTimeCondition(rules: Rules | undefined): string | undefined {
  if (rules?.event.timestamp.path !== 'record.timestamp') return undefined;
  return (
    'timestamp: record.timestamp is exactly-once only if every copy of a payment has the same Kafka timestamp, or comes ' +
    'while the id of the first is known. A copy that an application sends again has a newer one: set ID_HORIZON to more ' +
    'than the longest time after which that may happen, or map a time of the event'
  );
}
