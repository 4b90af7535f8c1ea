/** Everything that a process can do next, or that can happen to it, by where it is. */
import type { Model } from './model.ts';
import { Moves } from './moves.ts';
import type { ProcessIndex } from './search/system.ts';
import type { Emit, State } from './state.ts';
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
      readOwnership(moves);
      break;
    case 'ownership-read':
      sendClaim(moves, process);
      break;
    case 'claiming':
      readClaimBack(moves, process);
      break;
    case 'fencing':
      finalizeOlder(moves, process);
      break;
    case 'reading-rows':
      readRows(moves, process);
      break;
    case 'adding-settings':
      readSettingsBack(moves, process);
      break;
    case 'running':
      run(moves, process);
      break;
    case 'stopped':
      break;
    default:
      process satisfies never;
  }
}
