import { expect, test } from 'vitest';
import { ConfigurationError } from '../../base/errors.ts';
import { runModel } from './run-model.ts';

function run(...args: string[]) {
  let output = '';
  const code = runModel(args, { write: (text) => (output += text), nowMs: () => 0 });
  return { code, output };
}

test('lab model: a configuration that holds is a PASS with its figures', () => {
  const { code, output } = run('AB,AA', '--crashes', '1', '--stream-losses', '1', '--claims', '1');
  expect(output).toBe(
    'ok    AB,AA --claims 1 --crashes 1 --stream-losses 1: holds (1422 states, 120 finished, 0.0 s)\nPASS: 1 checked\n',
  );
  expect(code).toBe(0);
});

test('lab model: a weakened protocol is a FAIL with its trace', () => {
  const { code, output } = run('A', '--without', 'nofin');
  expect(code).toBe(1);
  expect(output).toContain('duplicate-row: row 0.0 is twice in table A');
  expect(output).toContain('a claim is applied');
});

test('lab model: the state limit makes it UNKNOWN', () => {
  expect(run('A', '--limit', '50').code).toBe(2);
});

test('lab model --json: stdout is one document', () => {
  const { output } = run('A', '--claims', '1', '--json');
  expect(JSON.parse(output)).toMatchObject({ verdict: 'PASS', checks: [{ result: { verdict: 'holds' } }] });
});

test('lab model: wrong arguments say what to give', () => {
  expect(() => run('AX')).toThrow(ConfigurationError);
  expect(() => run('A', '--crashes', 'many')).toThrow(/crashes: NaN/);
  expect(() => run('A', '--without', 'nothing')).toThrow(/variant 'nothing'/);
  expect(() => run()).toThrow(/usage/);
  expect(() => run('A', '--wrong')).toThrow(/usage/);
});
