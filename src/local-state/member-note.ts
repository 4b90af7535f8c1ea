/**
 * The last member id of this CHECKPOINT_LOCATION in the consumer group, in a small file. The location is locked to one
 * process, so the member noted when a process starts is dead, and the group need not wait for it. A hint only: a note
 * that cannot be read or written costs that wait, so nothing here throws.
 */
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readSmallFile, writeNewFile } from './small-file.ts';

const NOTE_FILE = 'group-member.json';
/** A cut or altered note may be long; no broker gives such an id. */
const MEMBER_ID_LENGTH_MAX = 1_000;

export class MemberNote {
  readonly #path: string;

  /** `location` is CHECKPOINT_LOCATION; lock it first. */
  constructor(location: string) {
    this.#path = join(location, NOTE_FILE);
  }

  /** The member noted last, if it was of this group. */
  read(groupId: string): string | undefined {
    try {
      const note = JSON.parse(readSmallFile(this.#path)) as { groupId?: unknown; memberId?: unknown };
      const { memberId } = note;
      if (note.groupId !== groupId || typeof memberId !== 'string') return undefined;
      return memberId.length > 0 && memberId.length <= MEMBER_ID_LENGTH_MAX ? memberId : undefined;
    } catch {
      return undefined;
    }
  }

  write(groupId: string, memberId: string): void {
    try {
      writeNewFile(`${this.#path}.new`, JSON.stringify({ groupId, memberId }));
      renameSync(`${this.#path}.new`, this.#path);
    } catch {
      // The state store reports a full or read-only disk.
    }
  }

  clear(): void {
    try {
      rmSync(this.#path, { force: true });
    } catch {
      // The note names a member that left, which is harmless.
    }
  }
}
