/** The panels of the dashboard: the query, its unit, and from which value on it is unhealthy. */

export interface Panel {
  readonly title: string;
  /** The text for the reader. */
  readonly text: string;
  readonly kind: 'stat' | 'timeseries';
  /** PromQL, by legend. */
  readonly queries: Readonly<Record<string, string>>;
  /** Grafana's unit id. */
  readonly unit: string;
  /** Colours from a value on; the first is the base. */
  readonly steps?: readonly (readonly [from: number | null, color: string])[];
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const quantile = (q: number, metric: string, by: string): string =>
  `histogram_quantile(${q}, sum by (${by}) (rate(provenonce_${metric}_bucket[5m])))`;

/** The monitoring page's ranges: under 1 % low, to 5 % normal, to 10 % elevated, over 10 % high. */
const DUPLICATE_STEPS = [
  [null, 'blue'],
  [0.01, 'green'],
  [0.05, 'yellow'],
  [0.1, 'red'],
] as const;

export const ROWS: readonly Row[] = [
  {
    title: 'Is it exactly once',
    panels: [
      {
        title: 'Rate of duplicates',
        text: 'Copies per accepted payment, 15 minutes. Under 1 %: producers hardly retry. 1 to 5 %: normal. Over 10 %: a network fault or a misconfigured producer. None of them reaches payment_transactions.',
        kind: 'stat',
        queries: { duplicates: 'provenonce:duplicates_per_accepted:ratio15m' },
        unit: 'percentunit',
        steps: DUPLICATE_STEPS,
      },
      {
        title: 'State',
        text: 'Memory of the known ids, all processes. Expect 100 MB to 1 GB for an hour of payments, and that it levels off.',
        kind: 'stat',
        queries: { state: 'sum(provenonce_state_bytes)' },
        unit: 'bytes',
        steps: [
          [null, 'green'],
          [1e9, 'yellow'],
        ],
      },
      {
        title: 'Days that failed the reconciliation',
        text: 'From provenonce reconcile --textfile. Must be 0; no data: it does not run, or reports by its exit code only.',
        kind: 'stat',
        queries: { 'failed days': 'max(provenonce_reconciliation_days{status="fail"})' },
        unit: 'short',
        steps: [
          [null, 'green'],
          [1, 'red'],
        ],
      },
    ],
  },
  {
    title: 'Flow',
    panels: [
      {
        title: 'Records by disposition',
        text: 'Consumed = accepted + duplicate + late + rejected, always.',
        kind: 'timeseries',
        queries: { '{{disposition}}': 'sum by (disposition) (rate(provenonce_records_total[1m]))' },
        unit: 'cps',
      },
      {
        title: 'Rejected records by reason',
        text: 'not_a_payment: what the select of the rules file leaves out; nothing is wrong with those.',
        kind: 'timeseries',
        queries: { '{{reason}}': 'sum by (reason) (rate(provenonce_rejections_total[1m]))' },
        unit: 'cps',
      },
      {
        title: 'Consumer lag',
        text: 'Records in the log that are not folded yet, by partition.',
        kind: 'timeseries',
        queries: { 'partition {{partition}}': 'max by (partition) (provenonce_consumer_lag_records)' },
        unit: 'short',
      },
      {
        title: 'From Kafka to the table',
        text: 'From the Kafka timestamp of the newest record of a checkpoint until it is in the tables.',
        kind: 'timeseries',
        queries: {
          median: quantile(0.5, 'end_to_end_duration_seconds', 'le'),
          '95th percentile': quantile(0.95, 'end_to_end_duration_seconds', 'le'),
        },
        unit: 's',
        steps: [
          [null, 'green'],
          [30, 'red'],
        ],
      },
    ],
  },
  {
    title: 'Time and state',
    panels: [
      {
        title: 'Watermark behind the clock',
        text: 'WATERMARK_DELAY where traffic is live. Below zero: ahead of the clock, and punctual payments are late.',
        kind: 'timeseries',
        queries: { 'partition {{partition}}': 'time() - max by (partition) (provenonce_watermark_timestamp_seconds)' },
        unit: 's',
      },
      {
        title: 'Known ids',
        text: 'Levels off once the watermark moves.',
        kind: 'timeseries',
        queries: { 'partition {{partition}}': 'max by (partition) (provenonce_state_ids)' },
        unit: 'short',
      },
      {
        title: 'Age of the last checkpoint',
        text: 'Rises without traffic too; with lag above zero it means that the partition stands still.',
        kind: 'timeseries',
        queries: { 'partition {{partition}}': 'max by (partition) (provenonce_checkpoint_age_seconds)' },
        unit: 's',
      },
    ],
  },
  {
    title: 'BigQuery and ownership',
    panels: [
      {
        title: 'Append latency',
        text: '99th percentile, from sending rows to their acknowledgement.',
        kind: 'timeseries',
        queries: { '{{table}}': quantile(0.99, 'append_duration_seconds', 'le, table') },
        unit: 's',
      },
      {
        title: 'Partitions by process',
        text: 'Who holds how many.',
        kind: 'timeseries',
        queries: { '{{instance}}': 'sum by (instance) (provenonce_partition_owned)' },
        unit: 'short',
      },
      {
        title: 'Takeovers, fencings, retries, stops',
        text: 'Takeovers follow a deployment. Fencings and retries that continue do not; a stopped partition needs a decision.',
        kind: 'timeseries',
        queries: {
          takeovers: 'sum(provenonce_takeovers_total)',
          fencings: 'sum(provenonce_fencings_total) or vector(0)',
          retries: 'sum(provenonce_service_retries_total) or vector(0)',
          stopped: 'sum(provenonce_partition_stopped) or vector(0)',
        },
        unit: 'short',
      },
    ],
  },
];
