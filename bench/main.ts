/** `npm run bench -- NAME [--json]`: measures one thing on this machine. Each benchmark is one file beside this one. */
import { parseArgs } from 'node:util';

/** What a benchmark file exports as `bench`. */
export interface Bench {
  /** Runs it; `say` shows how it goes. */
  run(say: (text: string) => void): Promise<BenchResult>;
}

export interface BenchResult {
  /** What --json prints. */
  readonly document: object;
  readonly text: string;
  /** Whether the measured figure is what is asked for. */
  readonly reached: boolean;
}

const NAMES = ['explore', 'fold', 'state'] as const;
const USAGE = `usage: npm run bench -- NAME [--json]\nbenchmarks: ${NAMES.join(', ')}`;
const EXIT_USAGE = 64;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  });
  const name = NAMES.find((known) => known === positionals[0]);
  if (name === undefined || positionals.length > 1) {
    process.stderr.write(`${USAGE}\n`);
    process.exitCode = values.help ? 0 : EXIT_USAGE;
    return;
  }
  const { bench } = (await import(`./${name}.ts`)) as { bench: Bench };
  const { document, text, reached } = await bench.run((line) => process.stderr.write(`${line}\n`));
  process.stdout.write(values.json ? `${JSON.stringify(document, null, 2)}\n` : `${text}\n`);
  process.exitCode = reached ? 0 : 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 70;
});
