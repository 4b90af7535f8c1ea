/**
 * What comes after a dataset is taken over: a few records for each partition. New payments, so that windows close and activity
 * is counted; copies of what the tables have, which must be known; one that is no payment.
 */
import type { TopicRecord } from '../../checks/inputs/verify-inputs.ts';
import type { BaseDataset, PartitionLog } from './dataset.ts';
import { inForm } from './mapped/event-forms.ts';

const NEW_PAYMENTS = 8;
const COPIES = 4;
const STEP_MS = 45_000;

/** The dataset's log with them at its end: the same ones for every change of the base. */
export function withRecordsToCome(dataset: BaseDataset, base: BaseDataset): BaseDataset {
  const log = dataset.log.map((each, partition): PartitionLog => {
    const coming = recordsOf(base, partition);
    const records = [...each.records, ...coming.map((record, i) => ({ ...record, offset: each.endOffset + i }))];
    return { ...each, records, endOffset: each.endOffset + coming.length };
  });
  return { ...dataset, log };
}

function recordsOf({ tables, log, form }: BaseDataset, partition: number): Omit<TopicRecord, 'offset'>[] {
  const payments = tables.payment_transactions.filter(
    (row) => row.kafka_partition === partition && Number(row.writer_epoch) > 0,
  );
  const newestMs = Math.max(0, ...payments.map(({ event_time }) => Number(event_time)));
  const timestampMs =
    Math.max(newestMs + NEW_PAYMENTS * STEP_MS, ...log[partition]!.records.map((each) => each.timestampMs)) + 1;
  const record = (event: Readonly<Record<string, unknown>>): Omit<TopicRecord, 'offset'> => ({
    timestampMs,
    key: Buffer.from(String(event.sender_account_id)),
    value: Buffer.from(inForm(form, { value: JSON.stringify(event) }).value!),
  });
  const news = Array.from({ length: NEW_PAYMENTS }, (_, i) =>
    record({
      transaction_id: `new-${partition}-${i}`,
      sender_account_id: payments.at(-1 - (i % 3))?.sender_account_id ?? 's',
      receiver_account_id: 'r',
      amount: `${100 * (i + 1)}.5`,
      currency: 'EUR',
      device_id: `d${i % 3}`,
      ip_address: '192.0.2.1',
      timestamp: newestMs + i * STEP_MS,
      region: 'eu-west',
      payment_method: 'card',
    }),
  );
  const { records } = log[partition]!;
  const copies = records.slice(-COPIES).map(({ key, value }) => ({ timestampMs, key, value }));
  return [
    ...copies,
    ...news.slice(0, 4),
    ...copies,
    { timestampMs, key: Buffer.from('s'), value: Buffer.from('{') },
    ...news.slice(4),
  ];
}
