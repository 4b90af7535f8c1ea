/**
 * The configuration of `process`, and the endpoints that the other commands share, in the form that the program's parts
 * take.
 */
import { readFileSync } from 'node:fs';
import { ConfigurationError } from '../../base/errors.ts';
import { compileSettings } from '../../payments/settings.ts';
import type { DecisionSettings } from '../../payments/types.ts';
import type { SeedSettings, StartAt } from '../../processor/settings.ts';
import type { BigQueryEndpoint, SinkEndpoint } from '../../sinks/sink-endpoint.ts';
import { type KafkaEndpoint, kafkaOf, kafkaProblems } from './kafka-config.ts';
import { kafkaConnection } from './kafka-connection.ts';
import { type EffectiveSetting, type Environment, type Flags, parseSettings } from './parse-settings.ts';
import { REGISTRY_SETTINGS, type RegistryConfig, registryProblems } from './registry-config.ts';
import { RULES_SETTINGS, type RulesConfig, rulesConfig, withRules } from './rules-config.ts';
import type { SettingsTable, Values } from './setting.ts';
import {
  BIGQUERY_SETTINGS,
  DECISION_SETTINGS,
  KAFKA_SETTINGS,
  PROCESS_SETTINGS,
  SEED_SETTINGS,
  SINK_SETTINGS,
} from './settings-table.ts';
import { readStart } from './start-from.ts';

type ReadFile = (path: string) => string;
const readText: ReadFile = (path) => readFileSync(path, 'utf8');

/** Required by every command that reads or writes the topic and the dataset. */
export const ENDPOINT_SETTINGS = { ...KAFKA_SETTINGS, ...SINK_SETTINGS } as const;
/** For operations on the tables alone. */
export const TOPIC_AND_SINK_SETTINGS = { topic: KAFKA_SETTINGS.topic, ...SINK_SETTINGS } as const;
export const ALL_SETTINGS = {
  ...ENDPOINT_SETTINGS,
  ...RULES_SETTINGS,
  ...REGISTRY_SETTINGS,
  ...PROCESS_SETTINGS,
  ...SEED_SETTINGS,
  ...DECISION_SETTINGS,
} as const;

export interface EndpointConfig {
  readonly kafka: KafkaEndpoint;
  readonly sink: SinkEndpoint;
}

export interface ProcessConfig extends EndpointConfig {
  readonly process: Values<typeof PROCESS_SETTINGS>;
  readonly seed: SeedSettings;
  readonly startAt: StartAt;
  readonly decision: DecisionSettings;
  readonly rules: RulesConfig;
  readonly registry: RegistryConfig;
}

export interface Parsed<T> {
  readonly config: T;
  /** Every setting with its value as given and its origin; secrets masked. */
  readonly origins: readonly EffectiveSetting[];
}

/** The result of checking the settings: a configuration, or problems, one line each. */
export interface CheckedConfig {
  readonly config: ProcessConfig | undefined;
  readonly origins: readonly EffectiveSetting[];
  readonly problems: readonly string[];
}

/**
 * Everything that `process` refuses before it touches anything, including certificate files; `config` runs the same
 * check. Contradictions are found even if other settings cannot be read.
 */
export function checkConfig(env: Environment, flags: Flags, readFile: ReadFile = readText): CheckedConfig {
  const { values, effective, problems } = parseSettings(ofSink(ALL_SETTINGS, env, flags), env, flags);
  const found = [
    ...problems,
    ...problemsWithin(KAFKA_SETTINGS, env, flags, (kafka) => [
      ...kafkaProblems(kafka),
      ...fileProblems(kafkaOf(kafka), readFile),
    ]),
    ...problemsWithin(SINK_SETTINGS, env, flags, emulatorProblems),
    ...problemsWithin(REGISTRY_SETTINGS, env, flags, (registry) => registryProblems(registry, readFile)),
    ...problemsWithin(DECISION_SETTINGS, env, flags, decisionProblems),
  ];
  const start = values && readStart(values.start, values.topic, values.groupId, readFile);
  const rules = rulesWithin(env, flags, effective);
  const all = [...found, ...(start?.problems ?? []), ...(isRules(rules) ? [] : rules)];
  const isUsable = start?.startAt !== undefined && isRules(rules) && all.length === 0;
  const config = values && isUsable ? configOf(values, start.startAt, rules) : undefined;
  return { config, origins: effective, problems: all };
}

/** Throws ConfigurationError with one line per problem. */
export function parseConfig(env: Environment, flags: Flags, readFile?: ReadFile): Parsed<ProcessConfig> {
  const { config, origins, problems } = checkConfig(env, flags, readFile);
  if (config === undefined) throw new ConfigurationError(problems);
  return { config, origins };
}

/** The table with what its sink must be given: what another sink needs may be left out. */
function ofSink<T extends SettingsTable>(table: T, env: Environment, flags: Flags): T {
  const { sink, projectId, deltaLocation } = table;
  if (sink === undefined) return table;
  if (parseSettings({ sink: SINK_SETTINGS.sink }, env, flags).values?.sink !== 'delta') return table;
  // The types say what is needed with BigQuery: sinkOf looks at SINK first.
  const project = projectId === undefined ? {} : { projectId: { ...projectId, required: false } };
  const location = deltaLocation === undefined ? {} : { deltaLocation: { ...deltaLocation, required: true } };
  return { ...table, ...project, ...location };
}

/** No problems if one of the settings cannot be read: that is reported separately. */
function problemsWithin<T extends SettingsTable>(
  table: T,
  env: Environment,
  flags: Flags,
  check: (values: Values<T>) => readonly string[],
): readonly string[] {
  const { values } = parseSettings(ofSink(table, env, flags), env, flags);
  return values === undefined ? [] : check(values);
}

function rulesWithin(
  env: Environment,
  flags: Flags,
  effective: readonly EffectiveSetting[],
): RulesConfig | readonly string[] {
  const { values } = parseSettings(RULES_SETTINGS, env, flags);
  return values === undefined ? [] : rulesConfig(values, effective);
}

function isRules(read: RulesConfig | readonly string[]): read is RulesConfig {
  return 'revision' in read;
}

/** Certificates that cannot be read. */
function fileProblems(kafka: KafkaEndpoint, readFile: ReadFile): readonly string[] {
  try {
    kafkaConnection(kafka, 'provenonce', readFile);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
}

function configOf(values: Values<typeof ALL_SETTINGS>, startAt: StartAt, rules: RulesConfig): ProcessConfig {
  const { idHorizonMs, windowMs, activitySpanMs, minEventAgeMs } = values;
  return {
    kafka: kafkaOf(values),
    sink: sinkOf(values),
    process: valuesOf(PROCESS_SETTINGS, values),
    seed: { idHorizonMs, windowMs, activitySpanMs, minEventAgeMs },
    startAt,
    decision: withRules(decisionOf(values), rules),
    rules,
    registry: valuesOf(REGISTRY_SETTINGS, values),
  };
}

/** Those of one table. */
function valuesOf<T extends Partial<typeof ALL_SETTINGS>>(table: T, values: Values<typeof ALL_SETTINGS>): Values<T> {
  const keys = Object.keys(table) as (keyof typeof ALL_SETTINGS)[];
  return Object.fromEntries(keys.map((key) => [key, values[key]])) as Values<T>;
}

/** For verify and other commands that need both topic and dataset. Throws ConfigurationError. */
export function parseEndpoints(env: Environment, flags: Flags): Parsed<EndpointConfig> {
  const { values, effective } = parseTable(ENDPOINT_SETTINGS, env, flags, endpointProblems);
  return { config: { kafka: kafkaOf(values), sink: sinkOf(values) }, origins: effective };
}

/** For simulate, which needs no sink. Throws ConfigurationError. */
export function parseKafka(env: Environment, flags: Flags): Parsed<KafkaEndpoint> {
  const { values, effective } = parseTable(KAFKA_SETTINGS, env, flags, kafkaProblems);
  return { config: kafkaOf(values), origins: effective };
}

/** For reconcile and schema, which need no log. Throws ConfigurationError. */
export function parseSink(env: Environment, flags: Flags): Parsed<SinkEndpoint> {
  const { values, effective } = parseTable(SINK_SETTINGS, env, flags, emulatorProblems);
  return { config: sinkOf(values), origins: effective };
}

/** For conformance, which tries BigQuery. Throws ConfigurationError. */
export function parseBigQuery(env: Environment, flags: Flags): Parsed<BigQueryEndpoint> {
  const { values, effective } = parseTable(BIGQUERY_SETTINGS, env, flags, emulatorProblems);
  return { config: bigqueryOf(values), origins: effective };
}

/** The location of Delta tables, if SINK is delta. Throws ConfigurationError. */
export function parseDeltaLocation(env: Environment, flags: Flags): string | undefined {
  const { sink, deltaLocation } = SINK_SETTINGS;
  const { values } = parseTable({ sink, deltaLocation }, env, flags, () => []);
  return values.sink === 'delta' ? values.deltaLocation : undefined;
}

/** For operations on the tables of a topic, which need no broker. Throws ConfigurationError. */
export function parseTopicAndSink(
  env: Environment,
  flags: Flags,
): Parsed<{ readonly topic: string; readonly sink: SinkEndpoint }> {
  const { values, effective } = parseTable(TOPIC_AND_SINK_SETTINGS, env, flags, emulatorProblems);
  return { config: { topic: values.topic, sink: sinkOf(values) }, origins: effective };
}

function parseTable<T extends SettingsTable>(
  table: T,
  env: Environment,
  flags: Flags,
  check: (values: Values<T>) => readonly string[],
) {
  const { values, effective, problems } = parseSettings(ofSink(table, env, flags), env, flags);
  if (values === undefined) throw new ConfigurationError(problems);
  const contradictions = check(values);
  if (contradictions.length > 0) throw new ConfigurationError(contradictions);
  return { values, effective };
}

function endpointProblems(values: Values<typeof ENDPOINT_SETTINGS>): string[] {
  return [...kafkaProblems(values), ...emulatorProblems(values)];
}

function emulatorProblems(values: Values<typeof BIGQUERY_SETTINGS> & { readonly sink?: string }): string[] {
  if (values.sink === 'delta') return [];
  if ((values.emulatorHost === undefined) === (values.storageEmulatorHost === undefined)) return [];
  return ['BIGQUERY_EMULATOR_HOST and BIGQUERY_STORAGE_EMULATOR_HOST go together: set both, or neither'];
}

function decisionProblems(values: Values<typeof DECISION_SETTINGS>): string[] {
  try {
    compileSettings(decisionOf(values));
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function sinkOf(values: Values<typeof SINK_SETTINGS>): SinkEndpoint {
  const { sink, deltaLocation, deltaCommitIntervalMs } = values;
  // It is required with SINK=delta.
  if (sink === 'delta') return { kind: 'delta', location: deltaLocation!, commitIntervalMs: deltaCommitIntervalMs };
  return { kind: 'bigquery', ...bigqueryOf(values) };
}

function bigqueryOf(values: Values<typeof BIGQUERY_SETTINGS>): BigQueryEndpoint {
  const { projectId, dataset, location, emulatorHost, storageEmulatorHost } = values;
  return { projectId, dataset, location, emulatorHost, storageEmulatorHost };
}

export function decisionOf(values: Values<typeof DECISION_SETTINGS>): DecisionSettings {
  const { watermarkDelayMs, allowedSkewMs, maxAmount, partitioner } = values;
  return {
    watermarkDelayMs,
    allowedSkewMs,
    maxAmount,
    partitioner,
    fraud: {
      amountHigh: { over: values.fraudAmountHigh, points: values.fraudAmountHighPoints },
      amountMedium: { over: values.fraudAmountMedium, points: values.fraudAmountMediumPoints },
      amountLowPoints: values.fraudAmountLowPoints,
      countHigh: { over: values.fraudCountHigh, points: values.fraudCountHighPoints },
      countMedium: { over: values.fraudCountMedium, points: values.fraudCountMediumPoints },
      devices: { over: values.fraudDevices, points: values.fraudDevicesPoints },
      regionPoints: values.fraudRegionPoints,
      otherRegionPoints: values.fraudOtherRegionPoints,
      maxScore: values.fraudMaxScore,
      highRiskOver: values.fraudHighRisk,
    },
  };
}
