/** The simulated sink held to the contract of queries. */
import { sinkQueriesContract } from './sink-queries-suite.ts';
import { simSinks } from './testing/sim-sink.ts';

sinkQueriesContract('the simulation', simSinks('service'));
