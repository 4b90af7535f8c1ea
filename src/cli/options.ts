/** Options that several commands share, and how their values are read. */
import { InvalidArgumentError, Option } from 'commander';
import { INFRA_WAYS } from '../infra/types.ts';

export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`must be a whole number from ${least} on.`);
    }
    return value;
  };
}

export function share(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0 || value > 1) {
    throw new InvalidArgumentError('must be a share from 0 to 1, as 0.03.');
  }
  return value;
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
