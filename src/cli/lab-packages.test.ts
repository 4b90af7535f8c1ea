import { Command } from 'commander';
import { expect, test } from 'vitest';
import { ConfigurationError } from '../base/errors.ts';
import { addWithoutPackages, missingPackages } from './lab-packages.ts';

test('here nothing is missing, and commands that need no more than the processor never miss anything', () => {
  expect(missingPackages('lab')).toEqual([]);
  expect(missingPackages('verify', () => false)).toEqual([]);
});

test('what is missing is named with its version, testcontainers aside', () => {
  const missing = missingPackages('lab', () => false);
  expect(missing.map((each) => each.replace(/@[^@]+$/, ''))).toEqual([
    '@google-cloud/bigquery-storage',
    'execa',
    'fast-check',
    'get-port',
    'listr2',
    'uplot',
  ]);
  expect(missing.every((each) => /^[@/\w-]+@\^?\d+\.\d+\.\d+$/.test(each))).toBe(true);
  expect(missingPackages('demo', (name) => name !== 'execa')).toEqual([missing[1]]);
});

test('a command without its packages says how to install them, with any arguments', async () => {
  const program = new Command('provenonce');
  addWithoutPackages(program, 'lab', ['execa@1.2.3']);
  const run = program.parseAsync(['lab', 'run', 'zombie', '--json'], { from: 'user' });
  await expect(run).rejects.toThrow(ConfigurationError);
  await expect(run).rejects.toThrow('Install them with: npm install execa@1.2.3');
  expect(program.helpInformation()).toContain('npm install execa@1.2.3');
});
