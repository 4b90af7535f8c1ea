/**
 * Every setting, declared once: its variable, type, default and meaning. The zod schema, the flags, the `config`
 * command and the documentation are all made from this table. A flag is the variable in kebab-case unless stated
 * otherwise.
 */
import { DEFAULT_DECISION_SETTINGS } from '../../payments/settings.ts';
import { optional, required, setting } from './setting.ts';
import {
  amount,
  bytes,
  choice,
  columns,
  deltaLocation,
  duration,
  flag,
  hostPort,
  hostPorts,
  integer,
  pattern,
  pointsByName,
  startFrom,
  text,
  tokenUrl,
} from './setting-kinds.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MIB = 1024 * 1024;
const fraud = DEFAULT_DECISION_SETTINGS.fraud;
const regionPoints = Object.entries(fraud.regionPoints)
  .map(([region, points]) => `${region}=${points}`)
  .join(',');
const points = integer(0, 1_000);
const threshold = integer(0, 1_000_000);

/** Kafka's address and the credentials for it. */
export const KAFKA_SETTINGS = {
  brokers: required(
    'KAFKA_BOOTSTRAP_SERVERS',
    hostPorts,
    'Brokers to connect to first; these return the addresses of the others.',
  ),
  topic: setting(
    'KAFKA_TOPIC_PAYMENTS',
    pattern('topic name (letters, digits, . _ -)', /^[A-Za-z0-9._-]{1,249}$/),
    'payment-events',
    'The topic of payment events. One topic per dataset.',
  ),
  kafkaSecurity: setting(
    'KAFKA_SECURITY_PROTOCOL',
    choice('PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'),
    'PLAINTEXT',
    'How connections to Kafka are protected.',
  ),
  saslMechanism: optional(
    'KAFKA_SASL_MECHANISM',
    choice('PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'),
    'Required with SASL_PLAINTEXT and SASL_SSL.',
  ),
  saslUsername: optional('KAFKA_SASL_USERNAME', text, 'Required with PLAIN and SCRAM.'),
  saslPassword: optional(
    'KAFKA_SASL_PASSWORD',
    text,
    'Required with PLAIN and SCRAM. Prefer the variable to the flag.',
    {
      secret: true,
    },
  ),
  saslOauthTokenFile: optional(
    'KAFKA_SASL_OAUTH_TOKEN_FILE',
    text,
    'With OAUTHBEARER: a file with a valid token, kept up to date by another program; read for every connection.',
  ),
  saslOauthTokenUrl: optional(
    'KAFKA_SASL_OAUTH_TOKEN_URL',
    tokenUrl,
    'With OAUTHBEARER: URL of the token endpoint, for the client credentials grant.',
  ),
  saslOauthClientId: optional('KAFKA_SASL_OAUTH_CLIENT_ID', text, 'Required with KAFKA_SASL_OAUTH_TOKEN_URL.'),
  saslOauthClientSecret: optional(
    'KAFKA_SASL_OAUTH_CLIENT_SECRET',
    text,
    'Required with KAFKA_SASL_OAUTH_TOKEN_URL. Prefer the variable to the flag.',
    { secret: true },
  ),
  saslOauthScope: optional('KAFKA_SASL_OAUTH_SCOPE', text, 'Scope to request (default: the scope of the client).'),
  sslCaFile: optional('KAFKA_SSL_CA_FILE', text, "PEM file of authorities to trust instead of the system's."),
  sslCertFile: optional('KAFKA_SSL_CERT_FILE', text, 'PEM file of the client certificate, for mutual TLS.'),
  sslKeyFile: optional('KAFKA_SSL_KEY_FILE', text, 'PEM file of the key of the client certificate.'),
} as const;

/** Which sink, and where Delta tables are. */
export const DELTA_SETTINGS = {
  sink: setting(
    'SINK',
    choice('bigquery', 'delta'),
    'bigquery',
    'Where rows go: BigQuery, or Delta Lake tables on a disk or an object store.',
  ),
  deltaLocation: optional(
    'DELTA_LOCATION',
    deltaLocation,
    'Required with SINK=delta: the folder of the tables, or s3://bucket/prefix. One topic per location.',
  ),
  deltaCommitIntervalMs: optional(
    'DELTA_COMMIT_INTERVAL',
    duration(10, 10 * MINUTE_MS),
    'How long rows are gathered for a commit (default: 1s on a disk, 10s on an object store). Longer: fewer and larger files.',
  ),
} as const;

/** BigQuery's address. */
export const BIGQUERY_SETTINGS = {
  projectId: required(
    'BIGQUERY_PROJECT',
    pattern('project id (letters, digits, - : .)', /^[a-z][a-z0-9:.-]{3,61}[a-z0-9]$/),
    'The Google Cloud project of the dataset; any name with an emulator.',
  ),
  dataset: setting(
    'BIGQUERY_DATASET',
    pattern('dataset name (letters, digits, _)', /^[A-Za-z0-9_]{1,1024}$/),
    'payment_data',
    'The dataset that the topic feeds.',
  ),
  location: optional(
    'BIGQUERY_LOCATION',
    text,
    'Location of the dataset, for example europe-west1 (default: its own). Any other is refused.',
  ),
  emulatorHost: optional(
    'BIGQUERY_EMULATOR_HOST',
    hostPort,
    'REST address of an emulator (default: the real service).',
  ),
  storageEmulatorHost: optional('BIGQUERY_STORAGE_EMULATOR_HOST', hostPort, 'gRPC address of the same emulator.'),
} as const;

/** Read by every command that touches the tables. Those of the sink that SINK does not name are ignored. */
export const SINK_SETTINGS = { ...DELTA_SETTINGS, ...BIGQUERY_SETTINGS } as const;

/** Settings that decide records: they may change between runs. */
export const DECISION_SETTINGS = {
  watermarkDelayMs: setting(
    'WATERMARK_DELAY',
    duration(0, 30 * DAY_MS),
    '1h',
    'An event older than this, by the newest event time seen in its partition, is late.',
  ),
  allowedSkewMs: setting(
    'ALLOWED_SKEW',
    duration(0, DAY_MS),
    '5m',
    'Maximum time by which an event time may exceed the Kafka timestamp of its record.',
  ),
  maxAmount: setting('MAX_AMOUNT', amount, DEFAULT_DECISION_SETTINGS.maxAmount, 'Maximum amount accepted.'),
  partitioner: setting(
    'PARTITIONER',
    choice('any', 'murmur2'),
    'any',
    "murmur2 rejects a record whose key hashes to another partition (the Java client's default).",
  ),
  fraudAmountHigh: setting('FRAUD_AMOUNT_HIGH', amount, fraud.amountHigh.over, 'An amount over this is HIGH.'),
  fraudAmountHighPoints: setting(
    'FRAUD_AMOUNT_HIGH_POINTS',
    points,
    String(fraud.amountHigh.points),
    'Points for HIGH.',
  ),
  fraudAmountMedium: setting('FRAUD_AMOUNT_MEDIUM', amount, fraud.amountMedium.over, 'An amount over this is MEDIUM.'),
  fraudAmountMediumPoints: setting(
    'FRAUD_AMOUNT_MEDIUM_POINTS',
    points,
    String(fraud.amountMedium.points),
    'Points for MEDIUM.',
  ),
  fraudAmountLowPoints: setting('FRAUD_AMOUNT_LOW_POINTS', points, String(fraud.amountLowPoints), 'Points for LOW.'),
  fraudCountHigh: setting(
    'FRAUD_COUNT_HIGH',
    threshold,
    String(fraud.countHigh.over),
    'More payments than this by one sender within the activity span add FRAUD_COUNT_HIGH_POINTS.',
  ),
  fraudCountHighPoints: setting(
    'FRAUD_COUNT_HIGH_POINTS',
    points,
    String(fraud.countHigh.points),
    'Points for FRAUD_COUNT_HIGH.',
  ),
  fraudCountMedium: setting(
    'FRAUD_COUNT_MEDIUM',
    threshold,
    String(fraud.countMedium.over),
    'More payments than this by one sender within the activity span add FRAUD_COUNT_MEDIUM_POINTS.',
  ),
  fraudCountMediumPoints: setting(
    'FRAUD_COUNT_MEDIUM_POINTS',
    points,
    String(fraud.countMedium.points),
    'Points for FRAUD_COUNT_MEDIUM.',
  ),
  fraudDevices: setting(
    'FRAUD_DEVICES',
    threshold,
    String(fraud.devices.over),
    'More devices than this of one sender within the activity span add FRAUD_DEVICES_POINTS.',
  ),
  fraudDevicesPoints: setting(
    'FRAUD_DEVICES_POINTS',
    points,
    String(fraud.devices.points),
    'Points for FRAUD_DEVICES.',
  ),
  fraudRegionPoints: setting('FRAUD_REGION_POINTS', pointsByName, regionPoints, 'Points by region.'),
  fraudOtherRegionPoints: setting(
    'FRAUD_OTHER_REGION_POINTS',
    points,
    String(fraud.otherRegionPoints),
    'Points for any other region.',
  ),
  fraudMaxScore: setting('FRAUD_MAX_SCORE', points, String(fraud.maxScore), 'Upper limit of the score.'),
  fraudHighRisk: setting('FRAUD_HIGH_RISK', points, String(fraud.highRiskOver), 'A score over this is high risk.'),
} as const;

/** Settings fixed for a partition when it is first seen. */
export const SEED_SETTINGS = {
  start: setting('START_FROM', startFrom, 'earliest', 'Where to start in a partition that was never processed.', {
    flag: 'start',
  }),
  idHorizonMs: setting(
    'ID_HORIZON',
    duration(0, 365 * DAY_MS),
    '0ms',
    'Extra time for which an id stays known after its event would be late. Fixed when the partition is first seen.',
  ),
  windowMs: setting(
    'METRICS_WINDOW',
    duration(1_000, DAY_MS),
    '1m',
    'Length of the windows of payment_metrics. Fixed when the partition is first seen.',
  ),
  activitySpanMs: setting(
    'ACTIVITY_SPAN',
    duration(1_000, DAY_MS),
    '5m',
    'Span of sender activity that the fraud rules count. Fixed when the partition is first seen.',
  ),
  minEventAgeMs: setting(
    'MIN_EVENT_TIME_AGE',
    duration(DAY_MS, 3_285 * DAY_MS),
    '3285d',
    'Events older than this when the partition is first seen are rejected. Fixed at that moment.',
  ),
} as const;

/** How the process runs. */
export const PROCESS_SETTINGS = {
  groupId: setting(
    'KAFKA_GROUP_ID',
    pattern('group id of at most 249 characters', /^\S{1,249}$/),
    'payment-processor',
    'Consumer group that assigns the partitions.',
  ),
  sessionTimeoutMs: setting(
    'KAFKA_SESSION_TIMEOUT',
    duration(1_000, HOUR_MS),
    '30s',
    'How long the group waits for a dead member before it gives its partitions to others.',
  ),
  checkpointLocation: setting(
    'CHECKPOINT_LOCATION',
    text,
    './checkpoint',
    'Directory of the local state; one per process, on a persistent volume.',
  ),
  clusteringColumns: setting(
    'CLUSTERING_COLUMNS',
    columns,
    'sender_account_id,currency',
    'BigQuery: clustering of payment_transactions, used when the table is created.',
  ),
  untilCaughtUp: setting(
    'UNTIL_CAUGHT_UP',
    flag,
    'false',
    'End once everything that the topic held at start is processed.',
  ),
  acceptClockRisk: setting(
    'ACCEPT_CLOCK_RISK',
    flag,
    'false',
    'Run even if message.timestamp.after.max.ms and ALLOWED_SKEW together exceed half of WATERMARK_DELAY. One fast clock can then make good payments late; verify says so.',
  ),
  acceptNothing: setting(
    'ACCEPT_NOTHING',
    flag,
    'false',
    'Begin a new dataset even if all of the first 1,000 records of the topic are rejected. Without it the process waits for the first payment before it writes anything, and stops with `nothing_accepted` if there is none among them.',
  ),
  checkpointIntervalMs: setting(
    'CHECKPOINT_INTERVAL',
    duration(10, HOUR_MS),
    '1s',
    'Time between checkpoints of a partition; with SINK=delta at least DELTA_COMMIT_INTERVAL.',
  ),
  checkpointRows: setting(
    'CHECKPOINT_ROWS',
    integer(100, 100_000_000),
    '16000',
    'BigQuery: rows after which a partition is checkpointed early. About as many are read back and compared after a crash.',
  ),
  maxAppendsInFlight: setting(
    'MAX_APPENDS_IN_FLIGHT',
    integer(1, 1_000),
    '16',
    'BigQuery: maximum number of unacknowledged appends of a process. At the limit partitions take turns and send larger appends.',
  ),
  unreachableAfterMs: setting(
    'UNREACHABLE_AFTER',
    duration(1_000, 7 * DAY_MS),
    '15m',
    'A service that does not answer for this long ends the process with 69.',
  ),
  appendDeadlineMs: setting(
    'APPEND_DEADLINE',
    duration(1_000, HOUR_MS),
    '30s',
    'BigQuery: rows that are not acknowledged within this time are sent again, over a new connection.',
  ),
  stopTimeoutMs: setting(
    'STOP_TIMEOUT',
    duration(100, HOUR_MS),
    '20s',
    'How long a graceful stop waits for acknowledgements.',
  ),
  maxBufferedBytes: setting(
    'MAX_BUFFERED_BYTES',
    bytes(8 * MIB, 16 * 1024 * MIB),
    '64MiB',
    'Records fetched from Kafka and not processed yet, all partitions together.',
  ),
  maxInFlightBytes: setting(
    'MAX_IN_FLIGHT_BYTES',
    bytes(8 * MIB, 1024 * MIB),
    '32MiB',
    'Rows sent on one write stream and not acknowledged yet; with SINK=delta, rows of one table that wait for a commit.',
  ),
  metricsPort: setting(
    'METRICS_PORT',
    integer(0, 65_535),
    '9464',
    'Port of /metrics, /livez and /readyz; 0: any free one.',
  ),
  metricsHost: setting(
    'METRICS_HOST',
    text,
    '127.0.0.1',
    'Address that the port is bound to; 0.0.0.0 opens it to other machines.',
  ),
  logLevel: setting(
    'LOG_LEVEL',
    choice('debug', 'info', 'warn', 'error', 'silent'),
    'info',
    'Lowest level that is logged.',
  ),
  logFormat: setting(
    'LOG_FORMAT',
    choice('auto', 'json', 'pretty'),
    'auto',
    'auto: pretty on a terminal, JSON lines otherwise.',
  ),
} as const;
