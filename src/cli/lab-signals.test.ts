import { Command } from 'commander';
import { afterEach, expect, it, vi } from 'vitest';
import { addCommand } from './commands/lab.ts';
import { endAtOnce, STOP_SIGNALS } from './first-signals.ts';

afterEach(() => {
  vi.restoreAllMocks();
  for (const name of STOP_SIGNALS) process.off(name, endAtOnce);
});

it('a stopped lab command exits, and stops the processes that it started', async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const program = new Command();
  addCommand(program);
  await program.parseAsync(['node', 'provenonce', 'lab', 'model', '--help']);
  for (const name of STOP_SIGNALS) expect(process.listeners(name)).toContain(endAtOnce);
});
