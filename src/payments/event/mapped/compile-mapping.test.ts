import { expect, test } from 'vitest';
import { rules } from '../../testing/rules-fixture.ts';
import { compileMapping, MAX_PATH_STEPS } from './compile-mapping.ts';
import { NO_PATH } from './compiled-mapping.ts';

test('a path is numbered once, however many roles and columns read it', () => {
  const once = compileMapping(rules());
  const twice = compileMapping(rules({}, [{ name: 'order_id', path: '/transaction_id', type: 'string' }]));
  expect(once.pathCount).toBe(10);
  expect(twice.pathCount).toBe(10);
  expect(twice.columns[0]?.path).toBe(twice.texts[0]?.path);
});

test('steps are the unescaped tokens of the pointer, and a number is a step into lists too', () => {
  const { root } = compileMapping(rules({}, [{ name: 'first', path: '/a~1b~0c/0', type: 'string' }]));
  const node = root.members.get('a/b~c');
  expect(node?.members.get('0')?.path).toBe(node?.elements.get(0)?.path);
  expect(node?.path).toBe(NO_PATH);
});

test('a number with a leading zero is a name only', () => {
  const { root } = compileMapping(rules({}, [{ name: 'first', path: '/a/01', type: 'string' }]));
  expect(root.members.get('a')?.elements.size).toBe(0);
});

test('key, headers and the time of the record are no paths into the value', () => {
  const mapping = compileMapping(
    rules({ timestamp: { path: 'record.timestamp' } }, [
      { name: 'tenant', path: 'key', type: 'string' },
      { name: 'trace', path: 'header:trace/id', type: 'string' },
    ]),
  );
  expect(mapping.keyPath).toBe(mapping.columns[0]?.path);
  expect(mapping.headers).toEqual([{ path: mapping.columns[1]?.path, name: 'trace/id' }]);
  expect(mapping.recordTimePath).toBe(mapping.timestamp.path);
});

test('a constant is stored as it would be read: trimmed, in capitals', () => {
  const { texts, constants } = compileMapping(
    rules({ texts: { ...rules().event.texts, region: { constant: ' eu ', trim: true, uppercase: true } } }),
  );
  const held = texts.map(({ constantStart, constantEnd }) => constants.toString('utf8', constantStart, constantEnd));
  expect(held.filter((text) => text !== '')).toEqual(['EU']);
});

test('a scale that varies is read beside its value', () => {
  const { amount, root } = compileMapping(rules({ amount: { path: '/a', decimalBytes: 'variable' } }));
  const members = root.members.get('a')?.members;
  expect([members?.get('scale')?.path, members?.get('value')?.path]).toEqual([amount.scalePath, amount.valuePath]);
});

test.each([
  ['no path', { amount: { path: 'amount' } }],
  ['a ~ without 0 or 1', { amount: { path: '/a~2' } }],
  ['steps', { amount: { path: '/a'.repeat(MAX_PATH_STEPS + 1) } }],
  ['a payment needs it', { texts: {} }],
  ['no valid text', { texts: { ...rules().event.texts, currency: { constant: 'euro' } } }],
])('what the fold cannot work with is refused: %s', (message, event) => {
  expect(() => compileMapping(rules(event))).toThrow(message);
});
