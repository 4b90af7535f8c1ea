/** Backfill on a real emulator: exactly once under kills at every point, lost answers, and several commands at once. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemRuntime } from '../../base/system-runtime.ts';
import { BACKFILL_POINTS, type BackfillPoint } from '../../processor/crash-points.ts';
import { BackfillQueries } from '../../sinks/bigquery/query/backfill-queries.ts';
import { QueryJobs } from '../../sinks/bigquery/query/query-job.ts';
import { RestClient, RestError, type RestRequest } from '../../sinks/bigquery/query/rest-client.ts';
import { DEFAULT_SINK_LIMITS } from '../../sinks/bigquery/sink-limits.ts';
import { bigQueryEndpoints } from '../../sinks/bigquery/testing/contract-endpoints.ts';
import { backfill } from './backfill.ts';
import { BackfillBench, LATE_COUNT } from './testing/backfill-bench.ts';

let bench: BackfillBench;

beforeAll(async () => {
  bench = await BackfillBench.open();
});
afterAll(() => bench.close());

describe('a backfill', () => {
  // Just before an effect is just after the one before it.
  test.each(BACKFILL_POINTS.filter((point) => point.endsWith('.after')))(
    'killed at %s: the next one finishes it',
    async (point) => {
      const late = await bench.lateTopic();
      const { topic } = late;
      const hit = (passed: BackfillPoint): void => {
        if (passed === point) throw new Error('killed');
      };
      await expect(backfill({ topic }, bench.options({ hit }))).rejects.toThrow('killed');
      await backfill({ topic }, bench.options());
      await bench.expectWhole(late);
    },
  );

  test.each(BACKFILL_POINTS.filter((point) => point.endsWith('.after')))(
    'of rejected records that was killed at %s: the next one finishes it',
    async (point) => {
      const { topic, partition, rejected } = await bench.rejectedTopic();
      const hit = (passed: BackfillPoint): void => {
        if (passed === point) throw new Error('killed');
      };
      await expect(backfill({ topic }, bench.options({ rejected, hit }))).rejects.toThrow('killed');
      await backfill({ topic }, bench.options({ rejected }));
      await bench.expectWhole({ topic, partition });
      const again = await backfill({ topic }, bench.options({ rejected }));
      expect(again).toMatchObject({ added: 0, leftOut: { backfilled: LATE_COUNT }, notCheckpointed: 1 });
    },
  );

  test('three at once put every payment in once', async () => {
    const late = await bench.lateTopic();
    const { topic } = late;
    const reports = await Promise.all([1, 2, 3].map(() => backfill({ topic }, bench.options())));
    expect(reports.reduce((sum, { added }) => sum + added, 0)).toBeGreaterThanOrEqual(LATE_COUNT);
    await bench.expectWhole(late);
  });

  test('that slept in the middle of its turn while another one finished puts nothing in twice', async () => {
    const late = await bench.lateTopic();
    const { topic } = late;
    for (const point of ['backfill.payments.before', 'backfill.metrics.before'] as const) {
      let slept = false;
      const hit = async (passed: BackfillPoint): Promise<void> => {
        if (passed !== point || slept) return;
        slept = true;
        await backfill({ topic }, bench.options());
      };
      await backfill({ topic }, bench.options({ hit }));
      await bench.expectWhole(late);
    }
  });

  test('whose answers get lost, before or after they took effect, puts every payment in once', async () => {
    const late = await bench.lateTopic();
    const { topic } = late;
    const rest = lossyRest();
    const limits = { ...DEFAULT_SINK_LIMITS, backoffMinMs: 5, backoffMaxMs: 20 };
    const nothing = `UPDATE ${bench.sink.table('partition_ownership')} SET epoch = epoch WHERE FALSE`;
    const jobs = new QueryJobs({ rest, runtime: systemRuntime, limits, nothing });
    await backfill(
      { topic },
      bench.options({ backfill: new BackfillQueries(jobs, bench.sink.dataset, systemRuntime) }),
    );
    expect(rest.lost).toBeGreaterThan(5);
    await bench.expectWhole(late);
  });
});

/** Loses every third answer, and every seventh request. */
function lossyRest() {
  const { emulatorHost } = bigQueryEndpoints();
  const rest = new RestClient({ dataset: bench.sink.dataset, emulatorHost, requestTimeoutMs: 20_000 });
  let asked = 0;
  return {
    location: undefined,
    lost: 0,
    async request<T>(request: RestRequest): Promise<T> {
      asked++;
      const isLost = asked % 3 === 0 || asked % 7 === 0;
      if (isLost) this.lost++;
      if (asked % 7 === 0) throw new RestError('request lost', undefined, undefined);
      const answer = await rest.request<T>(request);
      if (isLost) throw new RestError('answer lost', undefined, undefined);
      return answer;
    },
  };
}
