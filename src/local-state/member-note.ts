/**
 * As whom the process of this CHECKPOINT_LOCATION was last in the consumer group, in a small file. The location is locked to
 * one process, so whoever is noted when a process starts is dead, and need not be waited for. Advice only: what cannot be
 * read or written costs the wait that there is without it, so nothing here throws.
 */
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readSmallFile, writeNewFile } from './small-file.ts';

const NOTE_FILE = 'group-member.json';
/** A note that was cut or tampered with may be long; no broker gives such an id. */
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
      // A full or read-only disk is said by the state store.
    }
  }

  clear(): void {
    try {
      rmSync(this.#path, { force: true });
    } catch {
      // It names a member that left: nobody is harmed.
    }
  }
}
