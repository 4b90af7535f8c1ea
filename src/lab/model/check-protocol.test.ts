import { describe, expect, test } from 'vitest';
import { checkProtocol } from './check-protocol.ts';
import { modelConfig } from './config.ts';
import { nameOf } from './run-model.ts';
import { formatTrace } from './search/trace.ts';
import { SMALL_SUITE } from './suites.ts';

describe('protocol model: the protocol holds', () => {
  test.each(SMALL_SUITE.map((entry) => ({ name: nameOf(entry.config), ...entry })))(
    'in $name',
    ({ config, reference }) => {
      const result = checkProtocol(config);
      expect(result.violation && formatTrace(result.violation.trace)).toBeUndefined();
      expect(result.verdict).toBe('holds');
      expect(result.finished).toBeGreaterThan(0);
      // A log that loses what was folded makes somebody stop; nothing else does.
      expect(result.stopped > 0).toBe(config.logFaults > 0);
      // Same encoding, same search: the reference in Python (its command is in suites.ts) found exactly as many.
      if (reference) expect(result).toMatchObject({ states: reference.states, finished: reference.finished });
    },
  );
});

describe('protocol model: what it does not promise, it shows', () => {
  test('a log rewritten and then cut at the fingerprint by retention looks like the old one', () => {
    const { violation } = checkProtocol(modelConfig('A,B', { logFaults: 2 }));
    expect(violation?.kind).toBe('mixed-log');
  });

  test('a search that reaches its limit is undecided', () => {
    const result = checkProtocol(modelConfig('A', { stateLimit: 100 }));
    expect(result).toMatchObject({ verdict: 'undecided' });
    expect(result.violation).toBeUndefined();
  });
});

describe('protocol model: the search', () => {
  test('finds the same in two runs, the trace included', () => {
    const config = modelConfig('A', { variants: ['nofin'] });
    expect(checkProtocol(config)).toEqual(checkProtocol(config));
  });

  test('gives a trace that ends with the step that breaks the rule, every step changing something', () => {
    const { violation } = checkProtocol(modelConfig('A', { claims: 1, variants: ['earlyckpt'] }));
    expect(formatTrace(violation!.trace)).toMatchInlineSnapshot(`
      "   0  start
              ownership: epoch 0, claimed by nobody, streams of sets [], setting 0 from 0
              on the way: no statement
              P: idle
              Q: idle
              log: offsets 0 to 1
         1  P reads ownership
              P: ownership-read, epoch was 0, older sets []
         2  P sends a claim
              on the way: claim of P if epoch is 0
              P: claiming, epoch was 0, older sets []
         3  network a claim is applied
              ownership: epoch 1, claimed by P, streams of sets [0], setting 0 from 0
              set 0 (epoch 1): A -; B -; checkpoints -
              on the way: no statement
         4  P finds its claim
              P: fencing, own set 0, older sets []
         5  P reads the checkpoint
              P: reading-rows from checkpoint 0, found nothing yet
         6  P reads table A
              P: reading-rows from checkpoint 0, found 0 of A
         7  P folds and sends rows
              set 0 (epoch 1): A - [0.0]; B -; checkpoints -
              P: running, own set 0, began at 0, next 1, no checkpoint below 0, active
         8  P writes a checkpoint
              set 0 (epoch 1): A - [0.0]; B -; checkpoints - [1]
         9  network a row lands
              set 0 (epoch 1): A - [0.0]; B -; checkpoints 1"
    `);
  });

  test('a dead end names the process that its trace shows stuck', () => {
    const { violation } = checkProtocol(modelConfig('A', { claims: 3, rebalances: 1, variants: ['keepdead'] }));
    const [stuck] = violation!.message;
    const last = violation!.trace.flatMap(({ changes }) => changes).findLast((line) => line.startsWith(`${stuck}: `));
    expect(last).toContain('running');
    expect(last).toContain('revoked');
  });

  test('refuses a configuration that it cannot check, naming every problem', () => {
    const wrong = modelConfig('AC,A', { crashes: -1, rewrittenShapes: ['A'] });
    expect(() => checkProtocol(wrong)).toThrow(/'AC'.*rewrittenShapes.*crashes: -1/);
  });
});
