/** Draws and judges changes on worker threads, chunk by chunk. How many threads there are changes no result. */
import { Worker } from 'node:worker_threads';
import { ownCodeUrl } from '../../base/own-code.ts';
import { mergedReports } from './merge-reports.ts';
import type { TamperReport } from './run-tamperings.ts';
import type { TamperChunk } from './tamper-worker.ts';

export interface TamperOnThreadsOptions {
  readonly seed: number;
  readonly runs: number;
  /** The first run. */
  readonly fromRun: number;
  readonly jobs: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (report: TamperReport) => void;
}

const CHUNK_RUNS = 50;

export async function tamperOnThreads(options: TamperOnThreadsOptions): Promise<TamperReport> {
  const { seed, runs, fromRun, jobs, signal, onProgress } = options;
  const reports: TamperReport[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    const worker = new Worker(ownCodeUrl('./tamper-worker.ts', import.meta.url));
    try {
      while (next < runs && signal?.aborted !== true) {
        const chunk = { seed, fromRun: fromRun + next, runs: Math.min(CHUNK_RUNS, runs - next) };
        next += chunk.runs;
        reports.push(await ask(worker, chunk));
        onProgress?.(mergedReports(reports));
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, Math.ceil(runs / CHUNK_RUNS)) }, work));
  return mergedReports(reports);
}

function ask(worker: Worker, chunk: TamperChunk): Promise<TamperReport> {
  return new Promise((resolve, reject) => {
    worker.once('message', (report: TamperReport) => {
      worker.removeAllListeners('error');
      resolve(report);
    });
    worker.once('error', reject);
    worker.postMessage(chunk);
  });
}
