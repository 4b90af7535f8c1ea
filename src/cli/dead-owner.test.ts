import { expect, test } from 'vitest';
import { isDeadOwner, ownerName, type ThisProcess } from './dead-owner.ts';

const own: ThisProcess = { host: 'node-a', pid: 7, isRunning: (pid) => pid === 12 };
const ownName = ownerName('0123abcd-0000', own);

test.each([
  ['node-a-99-0123abcd', true, 'its process is gone'],
  ['node-a-7-ffffffff', true, 'an earlier life under our own number'],
  ['node-a-12-0123abcd', false, 'its process runs'],
  ['node-b-99-0123abcd', false, 'another host'],
  ['node-99-0123abcd', false, 'another host, of a shorter name'],
  ['someone else', false, 'no owner of ours'],
])('%s is dead: %s (%s)', (name, dead) => {
  expect(isDeadOwner(name, ownName, own)).toBe(dead);
});

test('we are not dead', () => {
  expect(ownName).toBe('node-a-7-0123abcd');
  expect(isDeadOwner(ownName, ownName, own)).toBe(false);
  const real = ownerName('89abcdef');
  expect(isDeadOwner(real, 'other')).toBe(true);
  expect(isDeadOwner(real.replace(String(process.pid), String(process.ppid)), real)).toBe(false);
});
