import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MemberNote } from './member-note.ts';

let location: string;
beforeEach(() => {
  location = mkdtempSync(join(tmpdir(), 'member-note-'));
});
afterEach(() => {
  rmSync(location, { recursive: true, force: true });
});

test('the member noted last is found by the next process, and only for its group', () => {
  const note = new MemberNote(location);
  note.write('payments', 'member-1');
  note.write('payments', 'member-2');
  expect(new MemberNote(location).read('payments')).toBe('member-2');
  expect(new MemberNote(location).read('others')).toBeUndefined();
});

test('a member that left is no longer found', () => {
  const note = new MemberNote(location);
  note.write('payments', 'member-1');
  note.clear();
  note.clear();
  expect(note.read('payments')).toBeUndefined();
});

test.each(['', '{', 'null', '[]', '{"groupId":"payments"}', '{"groupId":"payments","memberId":7}'])(
  'a note that says %j names nobody',
  (text) => {
    writeFileSync(join(location, 'group-member.json'), text);
    expect(new MemberNote(location).read('payments')).toBeUndefined();
  },
);

test('a note that is longer than any member id names nobody', () => {
  const note = new MemberNote(location);
  note.write('payments', 'x'.repeat(1_001));
  expect(note.read('payments')).toBeUndefined();
});

test('if nothing can be written it continues without a note', () => {
  const path = join(location, 'gone');
  const note = new MemberNote(path);
  note.write('payments', 'member-1');
  expect(note.read('payments')).toBeUndefined();
  expect(existsSync(path)).toBe(false);
  mkdirSync(join(location, 'group-member.json'));
  new MemberNote(location).clear();
  expect(new MemberNote(location).read('payments')).toBeUndefined();
});
