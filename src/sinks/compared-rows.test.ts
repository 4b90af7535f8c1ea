import { expect, it } from 'vitest';
import { type ComparedRows, comparisonJson } from './compared-rows.ts';

const NOTHING: ComparedRows = { lost: undefined, tooMany: [], acceptedLosses: [] };

it('rows that are lost are given as their sentence, and none as null', () => {
  expect(comparisonJson(NOTHING)).toEqual({ rowsLost: null, rowsTooMany: [], acceptedLosses: [] });
  const lost = Object.assign(new Error('4 rows of payment_exceptions are gone')) as unknown as ComparedRows['lost'];
  expect(comparisonJson({ ...NOTHING, lost })).toMatchObject({ rowsLost: '4 rows of payment_exceptions are gone' });
});
