/**
 * `provenonce`: what a program needs to process, verify and simulate. The same by subject: `provenonce/processor`,
 * `provenonce/verify`, `provenonce/simulator`. The lab is `provenonce/lab` alone, since it needs more packages.
 */
export * from './processor.ts';
export { runSimulator, type SimulatorOptions } from './simulator.ts';
export { type VerifyDatasetOptions, type VerifyReport, verifyDataset } from './verify.ts';
