import { describe, expect, test } from 'vitest';
import { observers, type ProcessorEvent } from '../processor/events.ts';
import { healthObserver } from './health.ts';
import { logObserver } from './log-observer.ts';
import { createLogger, type LogLevel, resolveLogFormat } from './logger.ts';
import { createMetrics } from './metrics.ts';
import { metricsObserver } from './metrics-observer.ts';
import { startMetricsServer } from './metrics-server.ts';
import { onRoster } from './testing/on-roster.ts';

const NOW_MS = 1_767_225_600_000;

function logging(level: LogLevel, format: 'json' | 'pretty' = 'json') {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ level, format, base: { service: 'test' }, destination, nowMs: () => NOW_MS });
  return { logger, lines, parsed: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

function counters(accepted: number, duplicates = 0) {
  return { consumed: accepted + duplicates, accepted, duplicates, late: 0, rejected: 0 };
}

function foldedTo(accepted: number, duplicates = 0): ProcessorEvent {
  return {
    type: 'batch.folded',
    partition: 1,
    records: 1,
    bytes: 10,
    counters: counters(accepted, duplicates),
    watermarkMs: NOW_MS - 5_000,
    nextOffset: 100,
    endOffset: 140,
  };
}

const fenced: ProcessorEvent = { type: 'partition.fenced', partition: 1, epoch: 3, why: 'finalized', retryInMs: 1_000 };
const running = { type: 'takeover.running', partition: 1, epoch: 3, tookMs: 400, counters: counters(0) } as const;
const stopped: ProcessorEvent = {
  type: 'partition.stopped',
  partition: 1,
  code: 'log_changed',
  error: 'record 7 differs',
};
const checkpointed: ProcessorEvent = {
  type: 'checkpoint.written',
  partition: 1,
  epoch: 1,
  nextOffset: 100,
  watermarkMs: NOW_MS,
  counters: counters(1),
  ids: 77,
  stateBytes: 4_000,
  tookMs: 5,
  endToEndMs: 700,
};
const assigned: ProcessorEvent = { type: 'assignment.changed', partitions: [1, 2], gained: [1, 2], lost: [] };
const started: ProcessorEvent = { type: 'processor.started', topic: 't', partitionCount: 2 };

describe('logs', () => {
  test('each event is one JSON line under its own name, at its level', () => {
    const { logger, parsed } = logging('info');
    const observer = logObserver(logger);
    for (const event of [foldedTo(1), running, fenced, stopped]) observer.emit(event);
    expect(parsed().map(({ event, level, partition }) => [event, level, partition])).toEqual([
      ['takeover.running', 'info', 1],
      ['partition.fenced', 'warn', 1],
      ['partition.stopped', 'error', 1],
    ]);
    expect(parsed()[0]).toMatchObject({ service: 'test', time: '2026-01-01T00:00:00.000Z', epoch: 3 });
  });

  test('a stop with an exit code is an error, without is not', () => {
    const { logger, parsed } = logging('info');
    const observer = logObserver(logger);
    for (const exitCode of [0, 65]) observer.emit({ type: 'processor.stopped', exitCode, why: 'test' });
    expect(parsed().map(({ level }) => level)).toEqual(['info', 'error']);
  });

  test('secrets and card numbers are masked wherever they stand', () => {
    const { logger, lines } = logging('info');
    const error = new Error('refused 4111 1111 1111 1111');
    logger.info({ event: 'x', sasl: { username: 'me', password: 'hunter2' }, list: ['4111111111111111'], error });
    expect(lines.join('')).not.toMatch(/hunter2|1111111111|1111 1111/);
    expect(lines.join('')).toContain('"username":"me"');
  });

  test('on a terminal lines are for people, unless told otherwise', () => {
    expect([resolveLogFormat('auto', true), resolveLogFormat('auto', false)]).toEqual(['pretty', 'json']);
    expect(resolveLogFormat('json', true)).toBe('json');
    const { logger, lines } = logging('info', 'pretty');
    logger.info({ event: 'takeover.running' });
    expect(lines.join('')).toMatch(/INFO.*takeover\.running/);
    expect(() => JSON.parse(lines.join(''))).toThrow();
  });
});

describe('metrics', () => {
  function observed() {
    let nowMs = NOW_MS;
    const metrics = createMetrics({ version: '1.2.3', nodeVersion: 'v24' });
    const observer = onRoster((roster) => metricsObserver(metrics, () => nowMs, roster));
    const text = () => {
      observer.refresh();
      return metrics.registry.metrics();
    };
    return {
      observer,
      metrics,
      text,
      sleep: (ms: number) => {
        nowMs += ms;
      },
    };
  }

  test("record counts follow the partition's own counters, and start again after a takeover goes back", async () => {
    const { observer, text } = observed();
    observer.emit(foldedTo(10, 2));
    observer.emit(foldedTo(15, 3));
    expect(await text()).toContain('provenonce_records_consumed_total{partition="1"} 18');
    expect(await text()).toContain('provenonce_records_total{partition="1",disposition="duplicate"} 3');
    observer.emit(foldedTo(12, 2));
    expect(await text()).toContain('provenonce_records_consumed_total{partition="1"} 14');
  });

  test('rejected records are counted by reason code, those that are no payments too', async () => {
    const { observer, text } = observed();
    const first = { partition: 1, offset: 7 };
    const rejections = [
      { code: 'not_a_payment', count: 40, reason: 'not_a_payment', ...first },
      { code: 'field_missing', count: 2, reason: 'field_missing: amount', ...first },
    ];
    observer.emit({ ...foldedTo(1), rejections } as ProcessorEvent);
    observer.emit({ ...foldedTo(2), rejections: [rejections[1]!] } as ProcessorEvent);
    expect(await text()).toContain('provenonce_rejections_total{reason="not_a_payment"} 40');
    expect(await text()).toContain('provenonce_rejections_total{reason="field_missing"} 4');
  });

  test('lags, checkpoint age and histograms are in seconds and records', async () => {
    const { observer, text, sleep } = observed();
    observer.emit(foldedTo(1));
    observer.emit(checkpointed);
    observer.emit({ type: 'append.acknowledged', partition: 1, table: 't', rows: 9, bytes: 90, tookMs: 40 });
    sleep(12_000);
    const metrics = await text();
    for (const line of [
      'provenonce_watermark_lag_seconds{partition="1"} 5',
      'provenonce_consumer_lag_records{partition="1"} 40',
      'provenonce_checkpoint_age_seconds{partition="1"} 12',
      'provenonce_state_ids{partition="1"} 77',
      'provenonce_append_duration_seconds_bucket{le="0.05",table="t"} 1',
      'provenonce_append_rows_total{table="t"} 9',
      'provenonce_end_to_end_duration_seconds_sum 0.7',
      'provenonce_build_info{version="1.2.3",node_version="v24"} 1',
    ]) {
      expect(metrics).toContain(line);
    }
  });

  test('a partition that was taken away leaves no series behind but the counts of what happened', async () => {
    const { observer, text } = observed();
    for (const event of [running, foldedTo(5), fenced]) observer.emit(event);
    const metrics = await text();
    expect(metrics).not.toContain('provenonce_records_consumed_total{');
    expect(metrics).not.toContain('provenonce_partition_owned{');
    expect(metrics).toContain('provenonce_fencings_total{partition="1"} 1');
    expect(metrics).toContain('provenonce_takeovers_total{partition="1"} 1');
  });

  /** Of a partition, all but the counts of what happened here. */
  const SERIES = /^provenonce_(?!takeovers|fencings|checkpoints)\w+\{partition="1"/m;

  test.each<[string, ProcessorEvent]>([
    ['is fenced', fenced],
    ['is drained', { type: 'partition.released', partition: 1, epoch: 3, drained: true }],
    ['is cut off', { type: 'partition.released', partition: 1, epoch: 3, drained: false }],
    ['is given to another process', { type: 'assignment.changed', partitions: [2], gained: [], lost: [1] }],
    ['may be with another process, as the session is lost', { type: 'group.session_lost', groupId: 'g', silentMs: 1 }],
  ])('a partition that %s has no series here after any later event of it', async (_, loss) => {
    const { observer, text } = observed();
    for (const event of [running, foldedTo(5), checkpointed]) observer.emit(event);
    expect(await text()).toMatch(SERIES);
    observer.emit(loss);
    expect(await text()).not.toMatch(SERIES);
    for (const late of [foldedTo(6), checkpointed]) observer.emit(late);
    expect(await text()).not.toMatch(SERIES);
    observer.emit(running);
    expect(await text()).toMatch(SERIES);
  });

  test('a partition that stopped has the series that says so and no other, until another process gets it', async () => {
    const { observer, text } = observed();
    for (const event of [running, foldedTo(5), checkpointed, stopped]) observer.emit(event);
    const lines = (await text()).split('\n').filter((line) => SERIES.test(line));
    expect(lines).toEqual(['provenonce_partition_stopped{partition="1",code="log_changed"} 1']);
    observer.emit({ type: 'assignment.changed', partitions: [2], gained: [], lost: [1] });
    expect(await text()).not.toMatch(SERIES);
  });

  test('a partition that the group gives again after a lost session has its series again', async () => {
    const { observer, text } = observed();
    for (const event of [running, foldedTo(5), { type: 'group.session_lost', groupId: 'g', silentMs: 1 } as const])
      observer.emit(event);
    observer.emit(assigned);
    observer.emit(foldedTo(8));
    expect(await text()).toContain('provenonce_partition_owned{partition="1"} 1');
    expect(await text()).toContain('provenonce_records_consumed_total{partition="1"} 8');
    expect(await text()).not.toContain('partition="2"');
  });

  test('a stopped partition is counted with its code until it runs again', async () => {
    const { observer, text } = observed();
    observer.emit(stopped);
    expect(await text()).toContain('provenonce_partition_stopped{partition="1",code="log_changed"} 1');
    observer.emit(running);
    expect(await text()).not.toContain('provenonce_partition_stopped{');
  });
});

describe('health', () => {
  test('is ready once every assigned partition runs, and says why it is not', () => {
    const health = onRoster(healthObserver);
    expect(health.readiness()).toEqual({ ready: false, reasons: ['starting'], partitions: [] });
    health.emit(started);
    expect(health.readiness().reasons).toEqual(['waiting for the first assignment of partitions']);
    for (const event of [assigned, running]) health.emit(event);
    expect(health.readiness().reasons).toEqual(['taking over partitions 2']);
    health.emit({ ...running, partition: 2 });
    expect(health.readiness()).toEqual({ ready: true, reasons: [], partitions: [1, 2] });
    health.emit({
      type: 'service.waiting',
      service: 'kafka',
      what: 'fetch',
      waitedMs: 5_000,
      limitMs: 900_000,
      error: 'refused',
    });
    health.emit(stopped);
    expect(health.readiness().reasons).toEqual([
      'waiting for kafka (fetch) for 5 s of at most 15 min: refused',
      'partition 1 stopped (log_changed): record 7 differs',
    ]);
    health.emit({ type: 'service.recovered', service: 'kafka', waitedMs: 9 });
    health.emit(running);
    expect(health.readiness().ready).toBe(true);
    health.emit({ type: 'processor.stopping', why: 'SIGTERM' });
    expect(health.readiness().reasons).toEqual(['stopping']);
  });

  test('is ready as a spare, which the group gave nothing', () => {
    const health = onRoster(healthObserver);
    health.emit(started);
    health.emit({ type: 'assignment.changed', partitions: [], gained: [], lost: [] });
    expect(health.readiness()).toEqual({ ready: true, reasons: [], partitions: [] });
  });

  test('a wait for the sink that a lost partition broke off is over when rows arrive there again', () => {
    const health = onRoster(healthObserver);
    for (const event of [started, assigned, running, { ...running, partition: 2 }]) health.emit(event);
    const what = 'append to payment_transactions';
    health.emit({
      type: 'service.waiting',
      service: 'bigquery-write',
      what,
      waitedMs: 0,
      limitMs: 900_000,
      error: 'no',
    });
    health.emit({ type: 'partition.released', partition: 2, epoch: 3, drained: false });
    health.emit({ type: 'assignment.changed', partitions: [1], gained: [], lost: [2] });
    expect(health.readiness().ready).toBe(false);
    health.emit({ type: 'append.acknowledged', partition: 1, table: 't', rows: 9, bytes: 90, tookMs: 40 });
    expect(health.readiness()).toEqual({ ready: true, reasons: [], partitions: [1] });
  });

  test('is served with the metrics on a free port of this machine only', async () => {
    const metrics = createMetrics({ version: '1', nodeVersion: 'v24' });
    const health = onRoster(healthObserver);
    let refreshed = 0;
    const options = {
      host: '127.0.0.1',
      port: 0,
      registry: metrics.registry,
      readiness: () => health.readiness(),
      refresh: () => {
        refreshed += 1;
      },
    };
    const server = await startMetricsServer(options);
    const get = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${server.port}${path}`, { method });
    try {
      expect((await get('/livez')).status).toBe(200);
      const starting = await get('/readyz');
      expect([starting.status, await starting.json()]).toEqual([
        503,
        { ready: false, reasons: ['starting'], partitions: [] },
      ]);
      observers(health).emit(started);
      observers(health).emit({ type: 'assignment.changed', partitions: [], gained: [], lost: [] });
      expect((await get('/readyz')).status).toBe(200);
      expect(await (await get('/metrics')).text()).toContain('# TYPE provenonce_records_total counter');
      expect(refreshed).toBe(1);
      expect((await get('/else')).status).toBe(404);
      expect((await get('/metrics', 'POST')).status).toBe(405);
      await expect(startMetricsServer({ ...options, port: server.port })).rejects.toThrow(
        `METRICS_PORT ${server.port} on METRICS_HOST 127.0.0.1: cannot listen`,
      );
    } finally {
      await server.close();
    }
  });
});
