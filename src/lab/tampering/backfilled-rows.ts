/**
 * The rows that `provenonce backfill` puts in for late payments: one of epoch 0 for each, and the sums of their windows. Laid
 * out from the exceptions' own cells.
 */

import { formatDecimal } from '../../payments/event/decimal.ts';
import { nanosFromText } from '../../sinks/bigquery/query/query-values.ts';
import type { Row } from './columns.ts';
import type { BaseDataset } from './dataset.ts';

const WINDOW_MS = 60_000;

/** With every second late payment put in. */
export function backfilled(dataset: BaseDataset): BaseDataset {
  const ids = new Set(dataset.tables.payment_transactions.map(({ transaction_id }) => transaction_id));
  const payments = dataset.tables.payment_exceptions
    .filter(({ disposition }) => disposition === 'late')
    // As a backfill does it: an id that is there stays what it is, and of several late copies the first is put in.
    .filter(({ transaction_id }) => !ids.has(transaction_id!) && ids.add(transaction_id!))
    .filter((_, index) => index % 2 === 0)
    .map(paymentOf);
  const partials = [...Map.groupBy(payments, windowOf).values()].map(sumOf);
  const { payment_transactions, payment_metrics_partials } = dataset.tables;
  return {
    ...dataset,
    tables: {
      ...dataset.tables,
      payment_transactions: [...payment_transactions, ...payments],
      payment_metrics_partials: [...payment_metrics_partials, ...partials],
    },
  };
}

function paymentOf(exception: Row): Row {
  const { timestamp, ...payment } = JSON.parse(String(exception.payload)) as Record<string, string | number>;
  const { kafka_partition, kafka_offset, processed_at } = exception;
  return { kafka_partition, kafka_offset, writer_epoch: 0, processed_at, ...payment, event_time: timestamp! } as Row;
}

function windowOf(payment: Row): string {
  return JSON.stringify([payment.kafka_partition, startOf(payment), payment.region, payment.currency]);
}

function startOf({ event_time }: Row): number {
  return Math.floor(Number(event_time) / WINDOW_MS) * WINDOW_MS;
}

function sumOf(payments: readonly Row[]): Row {
  const { kafka_partition, processed_at, region, currency } = payments[0]!;
  const amounts = payments.map(({ amount }) => nanosFromText(String(amount))).sort((a, b) => (a < b ? -1 : 1));
  return {
    kafka_partition: kafka_partition!,
    kafka_offset: Math.max(...payments.map(({ kafka_offset }) => Number(kafka_offset))),
    writer_epoch: 0,
    processed_at: processed_at!,
    window_start: startOf(payments[0]!),
    window_end: startOf(payments[0]!) + WINDOW_MS,
    region: region!,
    currency: currency!,
    transaction_count: payments.length,
    total_amount: formatDecimal(amounts.reduce((sum, amount) => sum + amount, 0n)),
    min_amount: formatDecimal(amounts[0]!),
    max_amount: formatDecimal(amounts.at(-1)!),
  };
}
