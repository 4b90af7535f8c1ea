/**
 * Runs one scenario in one world to its verdict: the story, then heal and drain, then the checks. FAIL when a guarantee is
 * broken, whatever else happened; UNKNOWN when the fault did not bite, the story broke off or nothing drained.
 */
import { assertUnique } from '../checks/assertions.ts';
import { GUARANTEES } from '../checks/findings.ts';
import type { Verdict, VerifyReport } from '../checks/verify.ts';
import { systemRuntime } from '../runtime/system-runtime.ts';
import type { RealWorld } from './real/real-world.ts';
import type { Scenario, ScenarioReport } from './scenario.ts';

export async function runScenario(scenario: Scenario, world: RealWorld): Promise<ScenarioReport> {
  const startedMs = systemRuntime.nowMs();
  const unknown: string[] = [];
  const broken: string[] = [];
  const attempt = async (what: string, act: () => Promise<void>): Promise<void> => {
    try {
      await act();
    } catch (error) {
      unknown.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };

  await attempt('the story broke off', () => scenario.run(world));
  await attempt('not drained', () => world.drain());
  await attempt('not stopped', async () => {
    for (const { name, code } of await world.stopAll()) {
      if (code !== 0) unknown.push(`processor ${name} ended with ${code} when it was asked to stop`);
    }
  });
  await attempt('not checked', async () => {
    await assertUnique(world.sink).catch((error: Error) => broken.push(`G2: ${error.message}`));
    const report = await world.verify();
    broken.push(...findingsOf(report));
    if (report.verdict === 'UNKNOWN' || report.verdict === 'NODATA') unknown.push(`verify: ${report.verdict}`);
  });
  for (const { what, happened } of world.bits) {
    if (!happened) unknown.push(`did not happen: ${what}`);
  }
  if (world.bits.length === 0) unknown.push('the story names nothing that must have happened');
  const verdict: Verdict = broken.length > 0 ? 'FAIL' : unknown.length > 0 ? 'UNKNOWN' : 'PASS';
  return {
    name: scenario.name,
    verdict,
    problems: [...broken, ...unknown],
    bits: world.bits,
    tookMs: systemRuntime.nowMs() - startedMs,
  };
}

function findingsOf(report: VerifyReport): string[] {
  return GUARANTEES.flatMap((guarantee) => {
    const { count, findings } = report.guarantees[guarantee];
    return count === 0 ? [] : [`${guarantee}: ${count} findings, the first: ${findings[0]?.message}`];
  });
}
