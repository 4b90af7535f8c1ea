/** What only real processes show: kill -9 in mid-save, two processes on one location, a full disk. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigurationError } from '../base/errors.ts';
import { lockCheckpointLocation } from './checkpoint-lock.ts';
import { JournalStateStore } from './journal-state-store.ts';
import { openStateStore } from './open-state-store.ts';
import { plain } from './testing/state-samples.ts';

const CHILD = join(import.meta.dirname, 'testing', 'state-process.fixture.ts');
const TOPIC = 'payment-events';

describe('processes and local state', () => {
  let location: string;
  const children: ChildProcess[] = [];
  beforeEach(() => {
    location = mkdtempSync(join(tmpdir(), 'state-processes-'));
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    rmSync(location, { recursive: true, force: true });
  });

  /** Starts the fixture and waits for its first line. */
  async function start(command: string): Promise<{ child: ChildProcess; line: string }> {
    const child = spawn(process.execPath, [CHILD, command, location], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    const [chunk] = await once(child.stdout!, 'data');
    return { child, line: String(chunk).trim() };
  }

  async function kill(child: ChildProcess): Promise<void> {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  test('a kill -9 in mid-save leaves a whole state, again and again', async () => {
    let before = 0;
    for (let round = 0; round < 4; round += 1) {
      const { child } = await start('save');
      // It saves in a tight loop, so the kill hits a save at a random point.
      await new Promise((resolve) => setTimeout(resolve, 40 + round * 37));
      await kill(child);
      const reasons: string[] = [];
      const note = (_partition: number, why: string) => reasons.push(why);
      const store = new JournalStateStore({ location, topic: TOPIC, onDiscard: note, onProblem: note });
      const state = plain(await store.load(0))!;
      await store.close();
      expect(reasons).toEqual([]);
      expect(state.ids.map((id) => id.offset)).toEqual(Array.from({ length: state.head.nextOffset }, (_, at) => at));
      expect(state.activity).toHaveLength(state.head.nextOffset);
      expect(state.head.nextOffset).toBeGreaterThan(before);
      before = state.head.nextOffset;
    }
  });

  test('a second process learns who holds the location, until the first has ended in any way', async () => {
    const { child, line } = await start('lock');
    expect(line).toBe('locked');
    let refusal: unknown;
    try {
      lockCheckpointLocation(location, 0);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(ConfigurationError);
    expect(String(refusal)).toContain(`is in use by process ${child.pid} on `);
    expect(String(refusal)).toContain(
      'since 2026-01-01T00:00:00.000Z; give each processor its own CHECKPOINT_LOCATION',
    );
    await kill(child);
    lockCheckpointLocation(location, 0).release();
  });

  test('a released location can be locked again, and a second owner in one process is refused too', () => {
    const lock = lockCheckpointLocation(location, 0);
    expect(() => lockCheckpointLocation(location, 0)).toThrow(`process ${process.pid}`);
    lock.release();
    lock.release();
    lockCheckpointLocation(location, 0).release();
  });

  test('taking the lock prints nothing', () => {
    const output = execFileSync(process.execPath, [CHILD, 'lock-once', location], { encoding: 'utf8', stdio: 'pipe' });
    expect(output).toBe('locked\n');
  });

  test('a full disk turns the cache off, once said, and keeps what was saved before', async () => {
    // A limit on the size of files: writes past it fail as on a full disk.
    const script = `ulimit -f 2000; exec "${process.execPath}" "${CHILD}" fill "${location}"`;
    const output = execFileSync('bash', ['-c', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    const { problems, savedTo } = JSON.parse(output) as { problems: string[]; savedTo: number };
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('cannot be written');
    const store = new JournalStateStore({ location, topic: TOPIC, onDiscard: () => {}, onProblem: () => {} });
    const state = plain(await store.load(0))!;
    await store.close();
    expect(state.ids).toHaveLength(state.head.nextOffset);
    expect(state.head.nextOffset).toBe(savedTo);
  });

  test('a location that cannot be made gives a store that keeps nothing, said once', async () => {
    const problems: unknown[] = [];
    const store = openStateStore({
      location: '/proc/no-such-place',
      topic: TOPIC,
      nowMs: 0,
      onDiscard: () => {},
      onProblem: (...problem) => problems.push(problem),
    });
    expect(problems).toEqual([[undefined, expect.stringContaining('CHECKPOINT_LOCATION /proc/no-such-place')]]);
    expect(await store.load(0)).toBeUndefined();
    await store.close();
    expect(existsSync('/proc/no-such-place')).toBe(false);
  });

  test('closing the store releases the location', async () => {
    const options = { location, topic: TOPIC, nowMs: 0, onDiscard: () => {}, onProblem: () => {} };
    const store = openStateStore(options);
    expect(() => openStateStore(options)).toThrow('give each processor its own CHECKPOINT_LOCATION');
    await store.close();
    await openStateStore(options).close();
  });
});
