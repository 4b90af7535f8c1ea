/** `provenonce/simulator`: seeded payments into a topic, and the ledger of what was sent. */
export { systemRuntime } from '../base/system-runtime.ts';
export { generatePayments, type PlannedRecord } from '../simulator/generate.ts';
export { type LedgerEntry, readLedger } from '../simulator/ledger.ts';
export { resolvePlan, type SimulationDials, type SimulationPlan } from '../simulator/plan.ts';
export type { ProducerOptions, RecordProducer } from '../simulator/producer.ts';
export { runSimulator, type SimulatorOptions, simulate } from '../simulator/run-simulator.ts';
export type { SimulationSummary } from '../simulator/summary.ts';
