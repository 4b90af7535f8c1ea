/** The real sink held to the contract of write streams. */
import { realSinks } from './testing/real-sink.ts';
import { writeStreamsContract } from './write-streams-suite.ts';

writeStreamsContract('the emulator', realSinks());
