/** Tries one need and says what came of it. */
import type { Runtime } from '../base/runtime.ts';
import { Broken } from './demand.ts';
import type { Basis, Need, Result } from './need.ts';

export interface NeedReport {
  readonly name: string;
  readonly statement: string;
  readonly basis: Basis;
  /** `untried`: an error came in between, which says nothing about the need. */
  readonly state: Result['state'] | 'untried';
  readonly detail: string;
  readonly tookMs: number;
}

export interface ConformanceReport {
  /** Every need holds, or differs in a way that the processor is made for. */
  readonly conforms: boolean;
  readonly needs: readonly NeedReport[];
}

export function conforms(needs: readonly NeedReport[]): boolean {
  return needs.every(({ state }) => state === 'holds' || state === 'differs');
}

export async function tryNeedOn<B>(need: Need<B>, bench: B, runtime: Pick<Runtime, 'nowMs'>): Promise<NeedReport> {
  const { name, statement, basis, check } = need;
  const startedMs = runtime.nowMs();
  const report = (state: NeedReport['state'], detail: string): NeedReport => ({
    name,
    statement,
    basis,
    state,
    detail,
    tookMs: runtime.nowMs() - startedMs,
  });
  try {
    const result = await check(bench);
    return typeof result === 'string' ? report('holds', result) : report(result.state, result.detail);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return report(error instanceof Broken ? 'fails' : 'untried', message);
  }
}
