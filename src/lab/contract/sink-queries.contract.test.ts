/** The real sink held to the contract of queries. */
import { sinkQueriesContract } from './sink-queries-suite.ts';
import { realSinks } from './testing/real-sink.ts';

sinkQueriesContract('the emulator', realSinks());
