/** What a demo run is held to. Every line is asked of BigQuery or of the topic, and each can fail. */
import { assertSumsMatch, assertUnique } from '../checks/assertions.ts';
import { GUARANTEES, type Guarantee } from '../checks/findings.ts';
import { reconcile } from '../checks/reconcile.ts';
import type { VerifyReport } from '../checks/verify.ts';
import { GUARANTEE_TEXTS } from '../checks/verify-text.ts';
import type { RealWorld } from '../lab/real/real-world.ts';
import type { SimulationSummary } from '../simulator/summary.ts';
import type { Survived } from './survived.ts';

export interface DemoCheck {
  readonly what: string;
  readonly pass: boolean;
  readonly detail: string;
}

/** Windows that must have closed: fewer, and the run would have shown nothing of windows and expiry. */
const CLOSED_WINDOWS_MIN = 100;

export async function demoChecks(world: RealWorld, sent: SimulationSummary, survived: Survived): Promise<DemoCheck[]> {
  const verified = await world.verify();
  return [
    await reconciled(world),
    await unique(world),
    await sums(world, sent),
    await conserved(world, sent),
    await windows(world),
    biteOf(survived),
    ...GUARANTEES.map((guarantee) => guaranteeCheck(guarantee, verified)),
  ];
}

function guaranteeCheck(guarantee: Guarantee, { guarantees, verdict, partitions }: VerifyReport): DemoCheck {
  const { holds, count, findings } = guarantees[guarantee];
  const records = partitions.reduce((sum, partition) => sum + partition.recordsChecked, 0);
  return {
    what: `${guarantee} ${GUARANTEE_TEXTS[guarantee]}`,
    pass: holds && verdict === 'PASS',
    detail: holds
      ? `${records.toLocaleString('en')} records recomputed from the topic`
      : `${count} findings: ${findings[0]?.message}`,
  };
}

async function reconciled(world: RealWorld): Promise<DemoCheck> {
  const { verdict, days } = await reconcile(world.sink);
  return { what: 'reconciliation, every day', pass: verdict === 'PASS', detail: `${days.length} days, ${verdict}` };
}

async function unique(world: RealWorld): Promise<DemoCheck> {
  const what = 'COUNT(DISTINCT transaction_id) = COUNT(*)';
  try {
    const rows = await assertUnique(world.sink);
    return { what, pass: rows > 0, detail: `${rows.toLocaleString('en')} payments` };
  } catch (error) {
    return { what, pass: false, detail: (error as Error).message };
  }
}

async function sums(world: RealWorld, sent: SimulationSummary): Promise<DemoCheck> {
  const what = 'sums per currency equal what the producer wrote down';
  try {
    await assertSumsMatch(sent.expectedSums, world.sink);
    const texts = Object.entries(sent.expectedSums).map(([currency, { amount }]) => `${currency} ${amount}`);
    return { what, pass: texts.length > 0, detail: texts.join(', ') };
  } catch (error) {
    return { what, pass: false, detail: (error as Error).message };
  }
}

async function conserved(world: RealWorld, sent: SimulationSummary): Promise<DemoCheck> {
  const [row] = await world.query(
    'SELECT SUM(consumed) AS consumed, COUNTIF(NOT is_conserved) AS leaks FROM `{dataset}.pipeline_health`',
  );
  const consumed = Number(row?.consumed);
  const pass = consumed === sent.acked && Number(row?.leaks) === 0;
  const detail = `${sent.acked.toLocaleString('en')} sent, ${consumed.toLocaleString('en')} consumed`;
  return { what: 'consumed = accepted + duplicates + late + rejected = sent', pass, detail };
}

async function windows(world: RealWorld): Promise<DemoCheck> {
  const [row] = await world.query(
    'SELECT COUNT(DISTINCT window_start) AS closed FROM `{dataset}.payment_metrics_partials`',
  );
  const closed = Number(row?.closed);
  return {
    what: `at least ${CLOSED_WINDOWS_MIN} windows closed`,
    pass: closed >= CLOSED_WINDOWS_MIN,
    detail: `${closed} one-minute windows`,
  };
}

function biteOf(survived: Survived): DemoCheck {
  const { rowsFoundPastCheckpoint, rowsNotWrittenAgain, stateRebuilds, idsRebuilt } = survived;
  const pass = rowsFoundPastCheckpoint > 0 && rowsNotWrittenAgain === rowsFoundPastCheckpoint && stateRebuilds > 0;
  return {
    what: 'the crash cut a batch short, and the checkpoint was really gone',
    pass,
    detail: `${rowsNotWrittenAgain.toLocaleString('en')} of ${rowsFoundPastCheckpoint.toLocaleString('en')} rows found were not written again; ${idsRebuilt.toLocaleString('en')} ids rebuilt from BigQuery`,
  };
}
