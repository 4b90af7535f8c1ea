/** What broke a run off: one sentence for the verdict, and details for finding the cause. */

export class LabError extends Error {
  override readonly name = 'LabError';
  /** Raw lines, as the last ones of a process. */
  readonly details: string;

  /** `message`: one sentence. The details are the cause as well, where a test runner prints it. */
  constructor(message: string, details: string) {
    super(message, { cause: new Error(details) });
    this.details = details;
  }
}

/** The error as the first sentence of a verdict: what follows on further lines is no part of it. */
export function sentenceOf(error: unknown): string {
  const [first = ''] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
  return first.trim();
}

/** The details of an error, or the lines of its message after the first. */
export function detailsOf(error: unknown): string | undefined {
  if (error instanceof LabError) return error.details;
  const [, ...more] = (error instanceof Error ? error.message : String(error)).split('\n');
  const text = more.join('\n').trim();
  return text === '' ? undefined : text;
}
