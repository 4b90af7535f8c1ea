import fc from 'fast-check';
import { expect, test } from 'vitest';
import { messageText, printable, printableJson, printableText, printableValue, textOfLines } from './printable.ts';

test.each([
  ['\u001b[2J', '\\u001b[2J'],
  ['a\nPASS', 'a\\nPASS'],
  ['a\r\tb', 'a\\r\\tb'],
  ['\u009b31m', '\\u009b31m'],
  ['\u007f\u0000', '\\u007f\\u0000'],
  ['\u2028\u202e\u200b\ufeff', '\\u2028\\u202e\\u200b\\ufeff'],
  ['\ud800', '\\ud800'],
  ['Zürich 支付 👍 é \\n', 'Zürich 支付 👍 é \\n'],
])('%j is shown as %j', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('the number of lines stays the same for any content', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (lines) => {
      expect(textOfLines(lines).split('\n')).toHaveLength(lines.length);
    }),
  );
});

test('no text holds a control character but the end of a line, and what was escaped once stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      for (const made of [printableText(text), messageText(text)]) {
        expect(made).not.toMatch(/[^\P{Cc}\n]|\p{Zl}|\p{Zp}/u);
        expect(printableText(made)).toBe(made);
      }
    }),
  );
});

test('a message of several lines has none that could be ours', () => {
  expect(messageText('row refused: x\nPASS\n\nholds G1')).toBe('row refused: x\n  PASS\n  \n  holds G1');
});

test('a JSON document says the same, and shows none of it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const json = printableJson(JSON.stringify({ id: text }, null, 2));
      expect(JSON.parse(json)).toEqual({ id: text });
      expect(json).not.toMatch(/[^\P{Cc}\n]/u);
    }),
  );
});

test('values keep their shape', () => {
  const value = { id: 'a\u001b', list: ['\n', 3, null], error: { stack: 'Error\n  at x\u001b' } };
  expect(printableValue(value)).toEqual({
    id: 'a\\u001b',
    list: ['\\n', 3, null],
    error: { stack: 'Error\n    at x\\u001b' },
  });
});
