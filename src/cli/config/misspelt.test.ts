import { execFile } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ENTRY } from '../../base/launch.ts';
import { findMisspelt, knownVariables } from './misspelt.ts';
import { ALL_SETTINGS } from './process-config.ts';

const ROOT = path.join(import.meta.dirname, '..', '..', '..');
const KNOWN = knownVariables(ALL_SETTINGS);
const meantBy = (given: string, besides: Record<string, string> = {}) =>
  findMisspelt({ [given]: 'x', ...besides }, KNOWN).map(({ meant }) => meant);

test.each([
  ['WATERMARK_DEALY', 'WATERMARK_DELAY'],
  ['WATERMARK_DELAYS', 'WATERMARK_DELAY'],
  ['WATERMARKDELAY', 'WATERMARK_DELAY'],
  ['watermark_delay', 'WATERMARK_DELAY'],
  ['watermark-delay', 'WATERMARK_DELAY'],
  ['WATERMARK_DELAY_MS', 'WATERMARK_DELAY'],
  ['ALLOWED_SKEW_MS', 'ALLOWED_SKEW'],
  ['KAFKA_BOOTSTRAP_SERVER', 'KAFKA_BOOTSTRAP_SERVERS'],
  ['KAFKA_TOPIC_PAYMENT', 'KAFKA_TOPIC_PAYMENTS'],
  ['KAFKA_TOPIC', 'KAFKA_TOPIC_PAYMENTS'],
  ['KAFKA_GROUP', 'KAFKA_GROUP_ID'],
  ['KAFKA_SASL_PASWORD', 'KAFKA_SASL_PASSWORD'],
  ['KAFKA_SASL_PASSWORD_FLIE', 'KAFKA_SASL_PASSWORD_FILE'],
  ['BIGQUERY_PROJECT_ID', 'BIGQUERY_PROJECT'],
  ['BIG_QUERY_DATASET', 'BIGQUERY_DATASET'],
  ['CHECKPOINT_LOCATON', 'CHECKPOINT_LOCATION'],
  ['METRIC_PORT', 'METRICS_PORT'],
  ['LOG_LEVLE', 'LOG_LEVEL'],
  ['ID_HORIZONT', 'ID_HORIZON'],
])('%s is taken for a misspelt %s', (given, meant) => {
  expect(meantBy(given)).toEqual([meant]);
});

test('each setting with two neighbouring letters swapped is found', () => {
  const missed: string[] = [];
  // Four letters resemble too many names of others.
  for (const name of [...KNOWN].filter((known) => known !== 'SINK')) {
    const at = name.length - 3;
    const swapped = name.slice(0, at) + name[at + 1] + name[at] + name.slice(at + 2);
    if (swapped !== name && !KNOWN.has(swapped) && meantBy(swapped).length === 0) missed.push(swapped);
  }
  expect(missed).toEqual([]);
});

/** Shells, containers, Kubernetes, CI, Node and npm, Google's libraries, telemetry, Kafka's images and tools. */
const USUAL = `
  HOSTNAME HOST HOME PATH PWD OLDPWD SHLVL SHELL TERM USER LOGNAME LANG LANGUAGE LC_ALL TZ EDITOR PAGER MAIL DISPLAY TMPDIR TMP TEMP
  COLORTERM NO_COLOR FORCE_COLOR DEBUG VERBOSE PORT ADDRESS ENV STAGE REGION ZONE VERSION NAME NAMESPACE POD_NAME POD_IP POD_UID
  NODE_NAME HOST_IP SERVICE_ACCOUNT KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT KUBERNETES_SERVICE_PORT_HTTPS KUBERNETES_PORT
  KUBERNETES_PORT_443_TCP KUBERNETES_PORT_443_TCP_ADDR KUBERNETES_PORT_443_TCP_PORT KUBERNETES_PORT_443_TCP_PROTO
  KAFKA_SERVICE_HOST KAFKA_SERVICE_PORT KAFKA_SERVICE_PORT_CLIENT KAFKA_PORT KAFKA_PORT_9092_TCP KAFKA_PORT_9092_TCP_ADDR
  KAFKA_PORT_9092_TCP_PORT KAFKA_PORT_9092_TCP_PROTO BIGQUERY_SERVICE_HOST BIGQUERY_SERVICE_PORT BIGQUERY_PORT
  BIGQUERY_PORT_9050_TCP METRICS_SERVICE_HOST METRICS_SERVICE_PORT METRICS_PORT_9464_TCP METRICS_PORT_9464_TCP_ADDR
  PAYMENT_PROCESSOR_SERVICE_HOST PAYMENT_PROCESSOR_SERVICE_PORT_METRICS CHECKPOINT_SERVICE_HOST
  KAFKA_HEAP_OPTS KAFKA_OPTS KAFKA_JVM_PERFORMANCE_OPTS KAFKA_LOG4J_OPTS KAFKA_JMX_OPTS KAFKA_JMX_PORT KAFKA_GC_LOG_OPTS KAFKA_HOME
  KAFKA_VERSION KAFKA_BROKER_ID KAFKA_NODE_ID KAFKA_LISTENERS KAFKA_ADVERTISED_LISTENERS KAFKA_LISTENER_SECURITY_PROTOCOL_MAP
  KAFKA_INTER_BROKER_LISTENER_NAME KAFKA_CONTROLLER_QUORUM_VOTERS KAFKA_PROCESS_ROLES KAFKA_ZOOREAPER_CONNECT KAFKA_CLUSTER_ID
  KAFKA_AUTO_CREATE_TOPICS_ENABLE KAFKA_LOG_DIRS KAFKA_LOG_RETENTION_HOURS KAFKA_NUM_PARTITIONS KAFKA_CFG_NODE_ID
  KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR KAFKA_SSL_KEYSTORE_LOCATION KAFKA_SSL_TRUSTSTORE_PASSWORD KAFKA_SASL_JAAS_CONFIG
  KAFKA_URL KAFKA_HOST KAFKA_BROKERS KAFKA_USERNAME KAFKA_PASSWORD KAFKA_CLIENT_ID KAFKA_CLIENT_USERS SCHEMA_REGISTRY_URL
  GOOGLE_APPLICATION_CREDENTIALS GOOGLE_CLOUD_PROJECT GOOGLE_CLOUD_REGION GOOGLE_CLOUD_QUOTA_PROJECT GCLOUD_PROJECT GCP_PROJECT
  GCE_METADATA_HOST METADATA_SERVER_DETECTION CLOUDSDK_CONFIG CLOUDSDK_CORE_PROJECT BQ_PROJECT BQ_DATASET BIGQUERY_CREDENTIALS
  BIGQUERY_KEY_FILE BIGQUERY_TABLE NODE_ENV NODE_OPTIONS NODE_VERSION NODE_PATH NODE_EXTRA_CA_CERTS NODE_COMPILE_CACHE UV_THREADPOOL_SIZE
  MALLOC_ARENA_MAX YARN_VERSION npm_config_cache npm_config_loglevel npm_lifecycle_event npm_package_name npm_execpath INIT_CWD
  HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE
  OTEL_EXPORTER_OTLP_ENDPOINT OTEL_SERVICE_NAME OTEL_RESOURCE_ATTRIBUTES OTEL_METRICS_EXPORTER OTEL_LOG_LEVEL SENTRY_DSN DD_AGENT_HOST
  DD_ENV DD_SERVICE DD_TRACE_AGENT_PORT PROMETHEUS_PORT METRICS_ENABLED METRICS_PATH METRICS_ADDR LOGLEVEL LOGGING_LEVEL LOG_DIR
  LOG_FILE LOG_PATH LOG_COLOR LOG_OUTPUT CI GITHUB_ACTIONS GITHUB_SHA GITHUB_REF RUNNER_OS CI_COMMIT_SHA BUILD_NUMBER JENKINS_URL
  AWS_REGION AWS_DEFAULT_REGION AWS_ACCESS_KEY_ID AWS_PROFILE JAVA_HOME JAVA_OPTS MAVEN_OPTS PYTHONPATH VIRTUAL_ENV GOPATH RUST_LOG
  SPARK_HOME HADOOP_CONF_DIR PGHOST PGPORT PGUSER PGPASSWORD DATABASE_URL REDIS_URL MAX_MEMORY MAX_WORKERS MAX_CONNECTIONS START_DATE
  STOP_SIGNAL STOP_GRACE_PERIOD DOCKER_HOST COMPOSE_PROJECT_NAME XDG_RUNTIME_DIR SSH_AUTH_SOCK SSH_CLIENT INVOCATION_ID JOURNAL_STREAM
  CREDENTIALS_DIRECTORY STATE_DIRECTORY LISTEN_FDS PROVENONCE_INFRA PROVENONCE_CRASH_AT PROVENONCE_MUTANT VITEST VITEST_POOL_ID
`.trim();

test('names that other programs and Kubernetes put there are no alarm', () => {
  const usual = Object.fromEntries(USUAL.split(/\s+/).map((name) => [name, 'x']));
  expect(findMisspelt(usual, KNOWN)).toEqual([]);
});

test('neither is a setting, an empty variable, nor a longer name beside the right one', () => {
  expect(findMisspelt(Object.fromEntries([...KNOWN].map((name) => [name, 'x'])), KNOWN)).toEqual([]);
  expect(findMisspelt({ WATERMARK_DEALY: '' }, KNOWN)).toEqual([]);
  expect(meantBy('BIGQUERY_PROJECT_ID', { BIGQUERY_PROJECT: 'my-project' })).toEqual([]);
  // A near miss beside the right name is still a slip: one of them has no effect.
  expect(meantBy('WATERMARK_DEALY', { WATERMARK_DELAY: '1h' })).toEqual(['WATERMARK_DELAY']);
});

test('every command that reads settings warns on standard error before it begins', async () => {
  const said = (args: readonly string[]) =>
    new Promise<string>((resolve) => {
      const env = { PATH: process.env.PATH, WATERMARK_DEALY: '30m', KAFKA_HEAP_OPTS: '-Xmx1g' };
      execFile(process.execPath, [path.join(ROOT, ENTRY), ...args], { env }, (_error, _stdout, stderr) =>
        resolve(stderr),
      );
    });
  const commands = ['process', 'config', 'verify', 'reconcile', 'schema print', 'simulate'];
  for (const command of commands) {
    const stderr = await said(command.split(' '));
    expect([command, stderr.split('\n')[0]]).toEqual([
      command,
      'warning: WATERMARK_DEALY is not a setting and is ignored: did you mean WATERMARK_DELAY?',
    ]);
    expect(stderr).not.toContain('KAFKA_HEAP_OPTS');
  }
});
