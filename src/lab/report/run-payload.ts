/** One run's part of the page, made in one pass over each of its files. */
import type { FaultRecord, ProcessorLife, RunArtifacts, SentLine } from '../artifacts.ts';
import { CurveMaker } from './curves.ts';
import { LaneMaker } from './lanes.ts';
import type { LifeFacts, RunFacts, RunPayload } from './model/page-data.ts';
import { EventPacker, packSent, RecordPacker } from './pack-tables.ts';
import type { ReadableRun } from './read-artifacts.ts';

export async function runPayload({ run, verify, ...files }: ReadableRun): Promise<RunPayload> {
  const { startedAtMs } = run;
  const facts = runFacts(run);
  const curves = new CurveMaker(startedAtMs, facts.durationMs);
  const lanes = new LaneMaker(startedAtMs, curves.binMs, curves.bins);
  const events = new EventPacker(startedAtMs);
  const records = new RecordPacker();
  const sent: SentLine[] = [];

  for await (const line of files.events()) {
    events.take(line);
    lanes.take(line);
    curves.event(line);
  }
  for await (const line of files.sent()) {
    sent.push(line);
    curves.sent(line);
  }
  for await (const sample of files.metrics()) curves.sample(sample);
  for await (const entry of files.ledger()) records.take(entry);

  return {
    facts,
    verify,
    sources: events.sources,
    lanes: lanes.lanes(facts.lives),
    curves: curves.curves(),
    events: events.pack(),
    records: records.pack(),
    sent: packSent(sent, startedAtMs),
  };
}

function runFacts({ files: _files, format: _format, ...run }: RunArtifacts): RunFacts {
  const { startedAtMs, endedAtMs } = run;
  const durationMs = Math.max(1, Math.round(endedAtMs - startedAtMs));
  const since = (atMs: number): number => Math.max(0, Math.round(atMs - startedAtMs));
  const sinceOrNull = (atMs: number | null): number | null => (atMs === null ? null : since(atMs));
  return {
    ...run,
    durationMs,
    phases: run.phases.map(({ name, fromMs, toMs }) => ({ name, fromMs: since(fromMs), toMs: since(toMs) })),
    faults: run.faults.map(
      (fault): FaultRecord => ({
        ...fault,
        plannedAtMs: since(fault.plannedAtMs),
        firedAtMs: sinceOrNull(fault.firedAtMs),
        healedAtMs: sinceOrNull(fault.healedAtMs),
      }),
    ),
    lives: run.processors.flatMap(({ name, lives }) =>
      lives.map((life): LifeFacts => {
        const toMs = sinceOrNull(life.endedAtMs) ?? durationMs;
        return {
          processor: name,
          life: life.life,
          pid: life.pid,
          fromMs: since(life.startedAtMs),
          toMs,
          ending: endingText(life),
          endedBadly: life.endedAtMs !== null && life.exitCode !== 0,
          pauses: life.pauses.map((pause) => ({ fromMs: since(pause.fromMs), toMs: sinceOrNull(pause.toMs) ?? toMs })),
        };
      }),
    ),
  };
}

function endingText({ endedAtMs, exitCode, signal }: ProcessorLife): string {
  if (endedAtMs === null) return 'ran until the run ended';
  if (signal !== null) return `ended by ${signal}`;
  return exitCode === 0 ? 'stopped as asked' : `ended with exit code ${exitCode}`;
}
