import { expect, test } from 'vitest';
import { isDeadOwner, ownerName, runAsOwner, type ThisProcess } from './dead-owner.ts';

const own: ThisProcess = {
  host: 'node-a',
  pid: 7,
  isRunning: (pid) => pid === 12,
  owners: new Set(['node-a-7-22222222']),
};
const ownName = ownerName('0123abcd-0000', own);

test.each([
  ['node-a-99-0123abcd', true, 'its process is gone'],
  ['node-a-7-ffffffff', true, 'an earlier life under our own number'],
  ['node-a-7-22222222', false, 'another processor of our process'],
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

test('of two processors in one process, one takes the other for dead only once it has ended', async () => {
  const [first, second, third] = ['11111111', '22222222', '33333333'].map((uuid) => ownerName(uuid));
  const ending = Promise.withResolvers<string>();
  const running = runAsOwner(first!, () => ending.promise);
  expect(isDeadOwner(first!, second!)).toBe(false);
  ending.resolve('stopped');
  expect(await running).toBe('stopped');
  expect(isDeadOwner(first!, second!)).toBe(true);
  await expect(runAsOwner(third!, () => Promise.reject(new Error('no broker')))).rejects.toThrow('no broker');
  expect(isDeadOwner(third!, second!)).toBe(true);
});
