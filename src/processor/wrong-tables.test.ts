import { expect, it } from 'vitest';
import {
  ContradictionError,
  OwnershipLostError,
  RowsRefusedError,
  UnreachableError,
  WriterLostError,
} from '../base/errors.ts';
import type { SinkInspection } from './ports.ts';
import { wrongTablesBehind } from './wrong-tables.ts';

const missing = new ContradictionError('table_missing', 'payment_exceptions');

function inspection(answer: Error | undefined): SinkInspection & { asked: number } {
  const it = {
    asked: 0,
    wrongTables: async () => {
      it.asked++;
      return answer;
    },
    lostInBulk: async () => undefined,
  };
  return it;
}

it.each([
  ['a record that is refused', new ContradictionError('rows_refused', 'x')],
  ['a writer that is unknown', new WriterLostError('gone', 'x')],
  ['answers that make no sense', new WriterLostError('confused', 'x')],
  ['a service that is away', new UnreachableError('x')],
  ['rows that are refused', new RowsRefusedError('x', 0)],
  ['a query that fails', new Error('Not found: Table')],
])('%s may be a table that is not what it was', async (_, error) => {
  await expect(wrongTablesBehind(error, inspection(missing))).resolves.toBe(missing);
  await expect(wrongTablesBehind(error, inspection(undefined))).resolves.toBeUndefined();
});

it('an owner that was fenced asks nothing', async () => {
  const port = inspection(missing);
  await expect(wrongTablesBehind(new OwnershipLostError('x'), port)).resolves.toBeUndefined();
  await expect(wrongTablesBehind(new WriterLostError('fenced', 'x'), port)).resolves.toBeUndefined();
  expect(port.asked).toBe(0);
});
