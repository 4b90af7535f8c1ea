/** The worker thread of `lab explore`: takes chunks of runs, gives back what they add up to. */
import { parentPort } from 'node:worker_threads';
import { type Chunk, runChunk } from './run-chunk.ts';

const port = parentPort;
if (port === null) throw new Error('explore-worker.ts runs in a worker thread only');
port.on('message', (chunk: Chunk) => {
  runChunk(chunk).then(
    (result) => port.postMessage(result),
    // A world that breaks is a bug of the lab: the thread ends with it, and the exploration with the thread.
    (error: unknown) => {
      throw error;
    },
  );
});
