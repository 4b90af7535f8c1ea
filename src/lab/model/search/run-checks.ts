/** Checks configurations one after another and prints what was found: what `lab model` does for every model. */
import { formatTrace, type TraceStep } from './trace.ts';

/** What the command needs of the outside. */
export interface ModelIo {
  /** Standard output. */
  write(text: string): void;
  /** Any steady clock, in ms: for the figures only. */
  nowMs(): number;
}

/** What a check of any model says. */
export interface CheckResult {
  readonly verdict: 'holds' | 'violated' | 'undecided';
  readonly states: number;
  readonly finished: number;
  readonly violation?: { readonly kind: string; readonly message: string; readonly trace: readonly TraceStep[] };
}

export interface Check<Config, Result extends CheckResult> {
  /** The arguments that give this configuration. */
  readonly name: string;
  readonly config: Config;
  run(): Result;
  /** Why a result is not what was expected; undefined: it is. */
  judge(result: Result): string | undefined;
}

interface Report {
  readonly name: string;
  readonly config: unknown;
  readonly result: CheckResult;
  readonly seconds: number;
  readonly problem: string | undefined;
}

/** The exit code: 0 all as expected, 1 not, 2 undecided at the limit of states. */
export function runChecks<Config, Result extends CheckResult>(
  checks: readonly Check<Config, Result>[],
  json: boolean,
  io: ModelIo,
): 0 | 1 | 2 {
  const reports: Report[] = [];
  for (const { name, config, run, judge } of checks) {
    const began = io.nowMs();
    const result = run();
    const report = { name, config, result, seconds: (io.nowMs() - began) / 1000, problem: judge(result) };
    reports.push(report);
    if (!json) io.write(describe(report));
  }
  const verdict = verdictOf(reports);
  if (json) io.write(`${JSON.stringify({ verdict, checks: reports }, undefined, 2)}\n`);
  else io.write(`${verdict}: ${reports.length} checked\n`);
  return verdict === 'PASS' ? 0 : verdict === 'FAIL' ? 1 : 2;
}

/** The real protocol must hold, and find as many states as the reference in Python did. */
export function judgeReal(
  { verdict, states, violation }: CheckResult,
  reference?: { readonly command: string; readonly states: number },
): string | undefined {
  if (violation) return `${violation.kind}: ${violation.message}`;
  if (verdict === 'holds' && reference && reference.states !== states) {
    return `${reference.command} finds ${reference.states} states`;
  }
  return undefined;
}

export function judgeWeakened({ violation }: CheckResult, expected: string): string | undefined {
  if (violation?.kind === expected) return undefined;
  return violation ? `caught as ${violation.kind}, not as ${expected}` : `not caught; it must be, as ${expected}`;
}

function verdictOf(reports: readonly Report[]): 'PASS' | 'FAIL' | 'UNKNOWN' {
  if (reports.some(({ problem }) => problem !== undefined)) return 'FAIL';
  return reports.some(({ result }) => result.verdict === 'undecided') ? 'UNKNOWN' : 'PASS';
}

function describe({ name, result, seconds, problem }: Report): string {
  const { states, finished, violation } = result;
  const rate = seconds > 0 ? `, ${Math.round(states / seconds)} states/s` : '';
  const figures = `${states} states, ${finished} finished, ${seconds.toFixed(1)} s${rate}`;
  if (problem !== undefined) {
    const trace = violation ? `\n${formatTrace(violation.trace)}` : '';
    return `FAIL  ${name}: ${problem} (${figures})${trace}\n`;
  }
  if (violation)
    return `ok    ${name}: caught as ${violation.kind} in ${violation.trace.length - 1} steps (${figures})\n`;
  return `${result.verdict === 'holds' ? 'ok   ' : '?    '} ${name}: ${result.verdict} (${figures})\n`;
}
