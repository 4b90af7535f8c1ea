import { describe, expect, test } from 'vitest';
import { formatTrace } from '../search/trace.ts';
import { checkDelta } from './check-delta.ts';
import { deltaConfig } from './config.ts';
import { deltaNameOf, runDeltaModel } from './run-delta-model.ts';
import { SMALL_DELTA_SUITE } from './suites.ts';

describe('model of Delta Lake: the protocol holds', () => {
  test.each(SMALL_DELTA_SUITE.map((entry) => ({ name: deltaNameOf(entry.config), ...entry })))(
    'in $name',
    ({ config, reference: { states, finished } }) => {
      const result = checkDelta(config);
      expect(result.violation && formatTrace(result.violation.trace)).toBeUndefined();
      // The reference in Python (its command is in suites.ts) found exactly as many.
      expect(result).toEqual({ verdict: 'holds', states, finished });
    },
  );
});

describe('model of Delta Lake: the search', () => {
  test('gives a trace that ends with the step that breaks the rule', () => {
    const { violation } = checkDelta(deltaConfig('A/A', { variants: ['keeptxn'] }));
    expect(formatTrace(violation!.trace)).toMatchInlineSnapshot(`
      "   0  start
              A of 0: epoch 1, next 0, rows -
              A of 1: epoch 1, next 0, rows -
              B of 0: epoch 1, next 0, rows -
              B of 1: epoch 1, next 0, rows -
              K of 0: epoch 1, checkpoint 0
              K of 1: epoch 1, checkpoint 0
              O of 0: epoch 1, setting 0 from 0
              O of 1: epoch 1, setting 0 from 0
              on the way without a sender: nothing
              P: running at epoch 1 (C 0, A 0, B 0) of 0, running at epoch 1 (C 0, A 0, B 0) of 1
              Q: idle of 0, idle of 1
         1  Q sends a claim: claim of epoch 2 in O
              Q: idle of 0, claiming of 1; claim of epoch 2 to O is on its way
         2  network lands: claim of epoch 2 of Q in O
              O of 1: epoch 2, setting 0 from 0
              Q: idle of 0, claiming of 1; claim of epoch 2 to O is landed
         3  Q learns that it is in: claim of epoch 2 in O
              Q: idle of 0, fencing at epoch 2 of 1
         4  Q sends a fence: fence of epoch 2 in A
              Q: idle of 0, fencing at epoch 2 of 1; fence of epoch 2 to A is on its way
         5  network lands: fence of epoch 2 of Q in A
              A of 1: epoch 2, next 0, rows -
              Q: idle of 0, fencing at epoch 2 of 1; fence of epoch 2 to A is landed
         6  P sends a commit: rows 0.0, next 0 to 1, by epoch 1 of 0 and rows -, next 0 to 1, by epoch 1 of 1 in A
              P: running at epoch 1 (C 0, A 0, B 0) of 0, running at epoch 1 (C 0, A 0, B 0) of 1; rows 0.0, next 0 to 1, by epoch 1 of 0 and rows -, next 0 to 1, by epoch 1 of 1 to A is on its way
         7  network lands: rows 0.0, next 0 to 1, by epoch 1 of 0 and rows -, next 0 to 1, by epoch 1 of 1 of P in A
              A of 0: epoch 1, next 1, rows 0.0
              A of 1: epoch 2, next 1, rows -
              P: running at epoch 1 (C 0, A 0, B 0) of 0, running at epoch 1 (C 0, A 0, B 0) of 1; rows 0.0, next 0 to 1, by epoch 1 of 0 and rows -, next 0 to 1, by epoch 1 of 1 to A is landed
         8  P learns that it is in: rows 0.0, next 0 to 1, by epoch 1 of 0 and rows -, next 0 to 1, by epoch 1 of 1 in A
              P: running at epoch 1 (C 0, A 1, B 0) of 0, running at epoch 1 (C 0, A 1, B 0) of 1
         9  P sends a commit: checkpoint 1 by epoch 1 in K
              P: running at epoch 1 (C 0, A 1, B 0) of 0, running at epoch 1 (C 0, A 1, B 0) of 1; checkpoint 1 by epoch 1 to K is on its way
        10  network lands: checkpoint 1 by epoch 1 of P in K
              K of 1: epoch 1, checkpoint 1
              P: running at epoch 1 (C 0, A 1, B 0) of 0, running at epoch 1 (C 0, A 1, B 0) of 1; checkpoint 1 by epoch 1 to K is landed"
    `);
  });

  test('finds the same in two runs, the trace included', () => {
    const config = deltaConfig('A/A', { variants: ['keeprows'] });
    expect(checkDelta(config)).toEqual(checkDelta(config));
  });

  test('is undecided where it reaches its limit', () => {
    const result = checkDelta(deltaConfig('A', { stateLimit: 100 }));
    expect(result).toMatchObject({ verdict: 'undecided' });
    expect(result.violation).toBeUndefined();
  });

  test('refuses a configuration that it cannot check, naming every problem', () => {
    expect(() => checkDelta(deltaConfig('AC/A/A/A', { crashes: -1 }))).toThrow(/'AC'.*3 partitions.*crashes: -1/);
  });
});

describe('lab model --sink delta', () => {
  const run = (...args: string[]) => {
    let output = '';
    const code = runDeltaModel(args, { write: (text) => (output += text), nowMs: () => 0 });
    return { code, output };
  };

  test('a configuration that holds is a PASS with its figures', () => {
    expect(run('A/A', '--merged', '--settings')).toEqual({
      code: 0,
      output: 'ok    A/A --merged --settings: holds (4192 states, 258 finished, 0.0 s)\nPASS: 1 checked\n',
    });
  });

  test('a weakened protocol is a FAIL with its trace', () => {
    const { code, output } = run('A/A', '--without', 'keeptxn');
    expect(code).toBe(1);
    expect(output).toContain('missing-row: row 0.0 in table A, partition 1 is missing below checkpoint 1');
  });

  test('the limit of states makes it UNKNOWN', () => {
    expect(run('A', '--limit', '50').code).toBe(2);
  });

  test('wrong arguments say what to give', () => {
    expect(() => run('AX')).toThrow(/'AX'/);
    expect(() => run('A', '--without', 'nothing')).toThrow(/variant 'nothing'/);
    expect(() => run('A', '--lag')).toThrow(/usage: lab model --sink delta/);
  });
});
