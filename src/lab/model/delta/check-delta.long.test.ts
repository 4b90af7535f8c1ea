/** Every suite and every variant of the model of Delta Lake: 1.1 million states, about a minute. */
import { expect, test } from 'vitest';
import { runDeltaModel } from './run-delta-model.ts';

test('lab model --sink delta: both suites hold with as many states as the reference found, every variant is as stated', () => {
  let output = '';
  const code = runDeltaModel([], { write: (text) => (output += text), nowMs: () => 0 });
  expect(output.split('\n').filter((line) => !line.startsWith('ok '))).toEqual(['PASS: 36 checked', '']);
  expect(code).toBe(0);
}, 600_000);
