/**
 * `provenonce/lab`: scenarios of your own on a real broker and a real emulator. Needs the optional peers of the package
 * (@google-cloud/bigquery-storage, execa, fast-check, get-port, listr2, uplot; testcontainers where parts run in Docker).
 */
export { startInfra } from '../infra/start-infra.ts';
export { type PartsOutcome, type RunOnPartsOptions, runOnParts } from '../lab/run-on-parts.ts';
export * from '../lab/scenario.ts';
export { findScenarios, loadScenarios } from '../lab/scenario-files.ts';
