import { expect, test } from 'vitest';
import { terminalColumns } from './terminal.ts';

test.for([
  ['a terminal says it', { isTTY: true, columns: 60 }, { COLUMNS: '90' }, 60],
  ['a terminal that does not say it has 80', { isTTY: true, columns: 0 }, {}, 80],
  ['a pipe has what COLUMNS says', {}, { COLUMNS: '72' }, 72],
  ['a pipe alone limits nothing', {}, {}, undefined],
  ['COLUMNS that are no width count as none', {}, { COLUMNS: 'wide' }, undefined],
  ['a terminal of no width to speak of is taken for 20', { isTTY: true, columns: 3 }, {}, 20],
] as const)('%s', ([, stream, env, columns]) => {
  expect(terminalColumns(stream, env)).toBe(columns);
});
