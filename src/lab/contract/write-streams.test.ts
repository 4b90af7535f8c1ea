/** The simulated sink, in both dialects, held to the contract of write streams. */
import { simSinks } from './testing/sim-sink.ts';
import { writeStreamsContract } from './write-streams-suite.ts';

writeStreamsContract('the simulation, as the service', simSinks('service'));
writeStreamsContract('the simulation, as the emulator', simSinks('emulator'));
