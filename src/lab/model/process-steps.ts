/** Everything that a process can do next, or that can happen to it, by where it is. */
import type { Model } from './model.ts';
import { Moves } from './moves.ts';
import type { Emit, ProcessIndex, State } from './state.ts';
import {
  finalizeOlder,
  readClaimBack,
  readOwnership,
  readRows,
  readSettingsBack,
  sendClaim,
} from './takeover-steps.ts';
import { run } from './writing-steps.ts';

export function processSteps(model: Model, state: State, index: ProcessIndex, emit: Emit): void {
  const moves = new Moves(model, state, index, emit);
  const process = state.processes[index];
  const { environment } = state;

  if (process.at !== 'idle' && process.at !== 'stopped' && environment.crashes < model.config.crashes) {
    const crashes = environment.crashes + 1;
    moves.startOver('crashes', { environment: { ...environment, crashes } }, 'fault');
  }
  if (process.at === 'running' && process.hold === 'active' && environment.rebalances < model.config.rebalances) {
    const rebalances = environment.rebalances + 1;
    moves.go(
      'has the partition revoked',
      { ...process, hold: 'revoked' },
      { environment: { ...environment, rebalances } },
      'fault',
    );
  }

  switch (process.at) {
    case 'idle':
      return readOwnership(moves);
    case 'ownership-read':
      return sendClaim(moves, process);
    case 'claiming':
      return readClaimBack(moves, process);
    case 'fencing':
      return finalizeOlder(moves, process);
    case 'reading-rows':
      return readRows(moves, process);
    case 'adding-settings':
      return readSettingsBack(moves, process);
    case 'running':
      return run(moves, process);
    case 'stopped':
      return;
    default:
      process satisfies never;
  }
}
