/** How a command ends: exit codes, and errors as text for people. A stack trace means a bug of this program. */

import { ConfigurationError, ContradictionError, OwnershipLostError, UnreachableError } from '../base/errors.ts';
import { CheckFailed } from '../checks/by-sql/assertions.ts';
import { UnknownFoldVersion } from '../checks/oracle/judge.ts';
import { InfraUnavailableError } from '../infra/types.ts';
import { messageOf, refusalOf } from '../kafka/client/errors.ts';
import { RestError } from '../sinks/bigquery/query/rest-client.ts';
import { StoreRefusedError } from '../sinks/delta/ports.ts';
import { endAtOnce, SIGNAL_EXIT_CODES, STOP_SIGNALS, type StopSignalName } from './first-signals.ts';
import { bugText } from './last-resort.ts';
import { complain, hasPrintedJson, printJson } from './print.ts';

export { printJson } from './print.ts';

/** As sysexits.h where it has one. The lab's verdicts are 0 to 3 (checks/verify.ts). */
export const EXIT = { ok: 0, failed: 1, usage: 64, contradiction: 65, unreachable: 69, bug: 70 } as const;

/** The command was stopped by a signal before it was done. */
export class StoppedBySignal extends Error {
  override readonly name = 'StoppedBySignal';
  readonly signal: StopSignalName;
  constructor(signal: StopSignalName) {
    super(`${signal} received: stopped before the command was done. Run it again: it finds out what was done`);
    this.signal = signal;
  }
}

/** The `error` member of a JSON document. */
export interface ErrorDocument {
  /** A code of docs/reference/error-codes.md, or the kind of the exit code. */
  readonly code: string;
  readonly exitCode: number;
  readonly message: string;
}

interface Described extends ErrorDocument {
  /** One per problem. */
  readonly lines: readonly string[];
}

/**
 * Prints the error on standard error and sets the exit code. With `json` it is also a document on standard output,
 * unless one was printed already: the reader finds exactly one document after any ending.
 */
export function failWith(error: unknown, { json = false }: { readonly json?: boolean } = {}): void {
  const { lines, ...described } = describe(error);
  for (const line of lines) complain(line);
  if (json) failureDocument(described);
  process.exitCode = described.exitCode;
}

/** A contradiction means broken data; any other error leaves the verdict unknown. */
export function failureDocument({ code, exitCode, message }: ErrorDocument): void {
  if (hasPrintedJson()) return;
  const verdict = exitCode === EXIT.contradiction || exitCode === EXIT.failed ? 'FAIL' : 'UNKNOWN';
  printJson({ verdict, error: { code, exitCode, message } });
}

/** For a document that is complete but ends with an error. */
export function errorDocument(error: unknown): ErrorDocument {
  const { lines: _, ...document } = describe(error);
  return document;
}

/** The same, for spreading into the report. */
export function lostDocument(lost: ContradictionError | undefined): { readonly error?: ErrorDocument } {
  return lost === undefined ? {} : { error: errorDocument(lost) };
}

function described(code: string, exitCode: number, message: string, lines: readonly string[] = [message]): Described {
  return { code, exitCode, message, lines };
}

function describe(error: unknown): Described {
  if (error instanceof ConfigurationError) {
    return described('configuration', EXIT.usage, error.problems.join('\n'), error.problems);
  }
  // Processors were faster: nothing is wrong, and the operator can act on it.
  if (error instanceof OwnershipLostError) return described('ownership_lost', EXIT.usage, error.message);
  if (error instanceof StoppedBySignal) {
    return described('interrupted', SIGNAL_EXIT_CODES[error.signal], error.message);
  }
  if (error instanceof ContradictionError) {
    return described(error.code, EXIT.contradiction, error.message, [`${error.code}: ${error.message}`]);
  }
  if (error instanceof UnknownFoldVersion) {
    return described('fold_version', EXIT.contradiction, error.message, [`fold_version: ${error.message}`]);
  }
  if (error instanceof UnreachableError || error instanceof InfraUnavailableError) {
    return described('unreachable', EXIT.unreachable, error.message);
  }
  if (error instanceof RestError) return describeRest(error);
  // Says itself what to do.
  if (error instanceof StoreRefusedError) return described('configuration', EXIT.usage, error.message);
  if (error instanceof Error && error.name.startsWith('KafkaJS')) {
    const refusal = refusalOf(error, 'Kafka');
    if (refusal !== undefined) return describe(refusal);
    return described('unreachable', EXIT.unreachable, `Kafka: ${messageOf(error)}`);
  }
  if (error instanceof CheckFailed) return described('failed', EXIT.failed, error.message);
  return described('bug', EXIT.bug, bugText(error));
}

/** BigQuery's own refusals: most are a wrong name or a missing permission, which a stack trace would hide. */
function describeRest(error: RestError): Described {
  if (error.isNotFound) {
    const whatToDo = 'check BIGQUERY_PROJECT and BIGQUERY_DATASET, or make the tables with `provenonce schema apply`';
    return described('configuration', EXIT.usage, `${error.message}: ${whatToDo}`);
  }
  // Exhausted rates and quotas come with 403 too.
  const isRefused = (error.status === 401 || error.status === 403) && !error.isTransient;
  if (isRefused || error.reason === 'accessDenied') {
    const whatToDo = 'check the credentials (Application Default Credentials) and their roles on project and dataset';
    return described('configuration', EXIT.usage, `${error.message}: ${whatToDo}`);
  }
  if (error.isTransient) return described('unreachable', EXIT.unreachable, error.message);
  return described('bug', EXIT.bug, bugText(error));
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

/** Resolves when the signal comes; keeps the process alive until then. */
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
