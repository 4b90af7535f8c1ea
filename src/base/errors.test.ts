import { expect, it } from 'vitest';
import {
  assert,
  BugError,
  ConfigurationError,
  ContradictionError,
  OwnershipLostError,
  RowsRefusedError,
  SinkRefusedError,
  UnreachableError,
  WriterLostError,
} from './errors.ts';

const cause = new Error('the cause');

it.each([
  [
    'ContradictionError',
    new ContradictionError('rows_lost', 'what', { cause }),
    'what',
    { code: 'rows_lost', leavesWhatWasFolded: false },
  ],
  ['UnreachableError', new UnreachableError('what', { cause }), 'what', {}],
  ['WriterLostError', new WriterLostError('gone', 'what', { cause }), 'what', { kind: 'gone' }],
  ['RowsRefusedError', new RowsRefusedError('what', 3, { cause }), 'what', { rowIndex: 3 }],
  [
    'SinkRefusedError',
    new SinkRefusedError('payments', 'no such column', { cause }),
    'payments refuses an append, and names no row: no such column',
    { table: 'payments', detail: 'no such column' },
  ],
  ['OwnershipLostError', new OwnershipLostError('what', { cause }), 'what', {}],
  ['BugError', new BugError('what', { cause }), 'what', {}],
])('%s keeps its words, its cause, and what its catcher decides by', (name, error, message, more) => {
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name, message, cause, ...more });
});

it('a wrong configuration lists every problem, one a line', () => {
  const error = new ConfigurationError(['A: is missing', 'B: is no number']);
  expect(error).toMatchObject({ name: 'ConfigurationError', problems: ['A: is missing', 'B: is no number'] });
  expect(error.message).toBe('A: is missing\nB: is no number');
});

it.each(['retention_gap', 'batch_damaged', 'codec_missing', 'schema_unknown', 'schema_unusable'] as const)(
  'where the log cannot be read past a place (%s), what was folded before it is kept',
  (code) => {
    expect(new ContradictionError(code, 'what').leavesWhatWasFolded).toBe(true);
  },
);

it('an assumption that is broken is a bug, with its words; one that holds is none', () => {
  expect(() => assert(1, 'never')).not.toThrow();
  expect(() => assert(0, 'one expected')).toThrow(new BugError('one expected'));
});
