/** How jobs fail, by what a caller may do about it. */
import { IncompleteResultError, type JobAnswer } from './job-answers.ts';
import { RestError } from './rest-client.ts';

/** The job is DONE, with an error. */
export class JobFailedError extends RestError {
  constructor(message: string, reason: string | undefined) {
    super(message, undefined, reason);
    this.name = 'JobFailedError';
  }

  override get isTransient(): boolean {
    // Without an HTTP status the base class would take every failure for a lost answer.
    return new RestError(this.message, 400, this.reason).isTransient;
  }
}

/** A job under this id was there before it was asked for now: what failed it may be mended since. */
export class EarlierJobFailedError extends JobFailedError {
  constructor(failure: JobFailedError) {
    super(failure.message, failure.reason);
    this.name = 'EarlierJobFailedError';
  }
}

/** A vanished job: a restarted emulator, or a location that is not the job's. */
export function isLostJob(error: RestError): boolean {
  return error.isNotFound && !(error instanceof JobFailedError);
}

const RAN_TOO_LONG: ReadonlySet<string | undefined> = new Set(['stopped', 'timeout']);

/** The job was made, and may have been billed, for nothing. */
export function isFruitless(error: RestError): boolean {
  return isLostJob(error) || error instanceof IncompleteResultError || RAN_TOO_LONG.has(error.reason);
}

/** Throws JobFailedError where it is, with an error. `what`: for messages. */
export function isDone({ state, errorResult }: JobAnswer, jobId: string, what: string): boolean {
  if (state !== 'DONE') return false;
  if (errorResult) {
    throw new JobFailedError(`${what} (${jobId}): ${errorResult.message ?? 'no message'}`, errorResult.reason);
  }
  return true;
}
