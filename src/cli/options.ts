/** Options that several commands share, and the parsers of their values. */
import { userInfo } from 'node:os';
import { InvalidArgumentError, Option } from 'commander';
import { INFRA_WAYS } from '../infra/types.ts';

export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`must be a whole number of at least ${least}.`);
    }
    return value;
  };
}

export function share(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0 || value > 1) {
    throw new InvalidArgumentError('must be a share from 0 to 1, for example 0.03.');
  }
  return value;
}

/** For an option that may be given several times. */
export function listOf<T>(read: (text: string) => T): (text: string, before: readonly T[] | undefined) => T[] {
  return (text, before) => [...(before ?? []), read(text)];
}

/** A day (its start, UTC) or a time with its offset, in milliseconds since the epoch. */
export function instant(text: string): number {
  const form = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;
  const timeMs = Date.parse(text);
  if (!form.test(text) || Number.isNaN(timeMs)) {
    throw new InvalidArgumentError('must be a day (2026-11-22) or a time with its offset (2026-11-22T10:00:00Z).');
  }
  return timeMs;
}

/** --infra and --emulator-image. */
export function infraOptions(): Option[] {
  return [
    new Option('--infra <way>', 'where the broker and the emulator come from')
      .choices(['auto', ...INFRA_WAYS])
      .default('auto')
      .env('PROVENONCE_INFRA'),
    new Option('--emulator-image <name>', 'image of the BigQuery emulator, for --infra docker'),
  ];
}

/** --by: the user name of this process. In a container there often is none; then the option is required. */
export function operatorOption(description: string, nameOfUser = (): string => userInfo().username): Option {
  const option = new Option('--by <name>', description);
  try {
    return option.default(nameOfUser());
  } catch {
    return option.makeOptionMandatory();
  }
}
