/** How a command ends: exit codes, and errors as a person reads them. A stack trace means a bug of ours. */
import { RestError } from '../bigquery/rest-client.ts';
import { CheckFailed } from '../checks/assertions.ts';
import { UnknownFoldVersion } from '../checks/oracle/read-payment.ts';
import { InfraUnavailableError } from '../infra/types.ts';
import { messageOf, refusalOf } from '../kafka/errors.ts';
import { ConfigurationError, ContradictionError, OwnershipLostError, UnreachableError } from '../processor/errors.ts';
import { endAtOnce, SIGNAL_EXIT_CODES, STOP_SIGNALS, type StopSignalName } from './first-signals.ts';
import { bugText } from './last-resort.ts';
import { complain } from './print.ts';

export { printJson } from './print.ts';

/** As sysexits.h where it has one. The lab's verdicts are 0 to 3 (checks/verify.ts). */
export const EXIT = { ok: 0, failed: 1, usage: 64, contradiction: 65, unreachable: 69, bug: 70 } as const;

/** Why a command ended that was asked to stop before it was done. */
export class StoppedBySignal extends Error {
  override readonly name = 'StoppedBySignal';
  readonly signal: StopSignalName;
  constructor(signal: StopSignalName) {
    super(`${signal} received: stopped before the command was done. Run it again: it finds out what was done`);
    this.signal = signal;
  }
}

/** Says what went wrong on standard error and sets the exit code. */
export function failWith(error: unknown): void {
  const { code, text } = describe(error);
  for (const each of error instanceof ConfigurationError ? error.problems : [text]) complain(each);
  process.exitCode = code;
}

function describe(error: unknown): { code: number; text: string } {
  if (error instanceof ConfigurationError) return { code: EXIT.usage, text: error.problems.join('\n') };
  // Processors were quicker: nothing is wrong, and the operator can do something about it.
  if (error instanceof OwnershipLostError) return { code: EXIT.usage, text: error.message };
  if (error instanceof StoppedBySignal) return { code: SIGNAL_EXIT_CODES[error.signal], text: error.message };
  if (error instanceof ContradictionError) return { code: EXIT.contradiction, text: `${error.code}: ${error.message}` };
  if (error instanceof UnknownFoldVersion) return { code: EXIT.contradiction, text: `fold_version: ${error.message}` };
  if (error instanceof UnreachableError || error instanceof InfraUnavailableError) {
    return { code: EXIT.unreachable, text: error.message };
  }
  if (error instanceof RestError) return describeRest(error);
  if (error instanceof Error && error.name.startsWith('KafkaJS')) {
    const refusal = refusalOf(error, 'Kafka');
    if (refusal !== undefined) return describe(refusal);
    return { code: EXIT.unreachable, text: `Kafka: ${messageOf(error)}` };
  }
  if (error instanceof CheckFailed) return { code: EXIT.failed, text: error.message };
  return { code: EXIT.bug, text: bugText(error) };
}

/** BigQuery's own refusals: most are a wrong name or a missing permission, which a stack trace would hide. */
function describeRest(error: RestError): { code: number; text: string } {
  if (error.isNotFound) {
    const whatToDo = 'check BIGQUERY_PROJECT and BIGQUERY_DATASET, or make the tables with `provenonce schema apply`';
    return { code: EXIT.usage, text: `${error.message}: ${whatToDo}` };
  }
  // Rates and quotas that are used up come with 403 too.
  const isRefused = (error.status === 401 || error.status === 403) && !error.isTransient;
  if (isRefused || error.reason === 'accessDenied') {
    const whatToDo = 'check the credentials (Application Default Credentials) and their roles on project and dataset';
    return { code: EXIT.usage, text: `${error.message}: ${whatToDo}` };
  }
  if (error.isTransient) return { code: EXIT.unreachable, text: error.message };
  return { code: EXIT.bug, text: bugText(error) };
}

/** Aborted by the first SIGINT or SIGTERM; a second one ends the process at once. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of STOP_SIGNALS) {
    process.off(name, endAtOnce);
    process.on(name, () => {
      if (controller.signal.aborted) endAtOnce(name);
      controller.abort(new StoppedBySignal(name));
    });
  }
  return controller.signal;
}

/** Resolves when the signal comes; waiting for it keeps the process alive. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  const alive = setInterval(() => {}, 60_000);
  try {
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
  } finally {
    clearInterval(alive);
  }
}
