/** The worker thread of `lab tamper`: makes the base datasets once, then takes chunks of runs, and gives back their reports. */
import { parentPort } from 'node:worker_threads';
import { baseDatasets } from './base-datasets.ts';
import { runTamperings } from './run-tamperings.ts';

export interface TamperChunk {
  readonly seed: number;
  readonly fromRun: number;
  readonly runs: number;
}

const port = parentPort;
if (port === null) throw new Error('tamper-worker.ts runs in a worker thread only');
const bases = baseDatasets();
port.on('message', (chunk: TamperChunk) => {
  bases
    .then((made) => runTamperings({ ...chunk, bases: made }))
    .then(
      (report) => port.postMessage(report),
      // Something of the lab broke: the thread ends with it, and the command with the thread.
      (error: unknown) => {
        throw error;
      },
    );
});
