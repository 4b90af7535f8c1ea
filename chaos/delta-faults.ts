/**
 * Faults of Delta tables on a disk: what another engine does to a table by commits of its own, and a folder that can no longer be
 * written. It reads and writes the log by itself, as any engine may; its commits say that they are somebody else's.
 */
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type AppliedFault, lasting } from './applied-fault.ts';
import type { ChaosTarget } from './chaos-target.ts';
import { readOnly } from './disk-faults.ts';
import type { FaultOf } from './fault.ts';

const ENGINE = 'somebody/1';
const COMMIT_ATTEMPTS = 50;

interface Add {
  readonly path: string;
  readonly [member: string]: unknown;
}

interface Action {
  readonly add?: Add;
  readonly remove?: { readonly path: string };
  readonly metaData?: { readonly id: string; readonly [member: string]: unknown };
  readonly protocol?: object;
}

export async function applyDeltaFault(
  fault: FaultOf<'table_changed' | 'tables_read_only'>,
  target: ChaosTarget,
): Promise<AppliedFault> {
  if (fault.what === 'tables_read_only') return readOnly(target.tablesFolder);
  const folder = path.join(target.tablesFolder, fault.table);
  switch (fault.how) {
    case 'appended':
      return appended(folder);
    case 'removed':
      return without(folder, 'DELETE', (files) => files.slice(-1));
    case 'set_back':
      return without(folder, 'RESTORE', (files) => files.slice(1));
    case 'made_again':
      return madeAgain(folder);
    default:
      return fault.how satisfies never;
  }
}

async function appended(folder: string): Promise<AppliedFault> {
  const [file] = await filesOf(folder);
  if (file === undefined) throw new Error(`${folder} has no file whose rows could be appended again`);
  const copy: Add = { ...file, path: `copy-of-${file.path}` };
  await cp(path.join(folder, file.path), path.join(folder, copy.path));
  await commit(folder, 'WRITE', [{ add: copy }]);
  return lasting(() => commit(folder, 'DELETE', [removal(copy)]));
}

/** Some of the table's files, given in the order in which they were committed. */
async function without(
  folder: string,
  operation: string,
  which: (files: readonly Add[]) => readonly Add[],
): Promise<AppliedFault> {
  const files = which(await filesOf(folder));
  if (files.length === 0) throw new Error(`${folder} has too few files for ${operation}`);
  await commit(folder, operation, files.map(removal));
  return lasting(() =>
    commit(
      folder,
      'RESTORE',
      files.map((add) => ({ add })),
    ),
  );
}

async function madeAgain(folder: string): Promise<AppliedFault> {
  const actions = await actionsOf(folder);
  const metaData = actions.findLast((action) => action.metaData !== undefined)?.metaData;
  const protocol = actions.findLast((action) => action.protocol !== undefined)?.protocol;
  if (metaData === undefined || protocol === undefined) throw new Error(`${folder} is no table`);
  const aside = `${folder}.aside`;
  await rename(folder, aside);
  await mkdir(path.join(folder, '_delta_log'), { recursive: true });
  await commit(folder, 'CREATE TABLE', [{ protocol }, { metaData: { ...metaData, id: crypto.randomUUID() } }]);
  return lasting(async () => {
    await rm(folder, { recursive: true });
    await rename(aside, folder);
  });
}

function removal({ path: file }: Add): object {
  return { remove: { path: file, deletionTimestamp: Date.now(), dataChange: true } };
}

/** Those that the table has, in the order in which they were committed. */
async function filesOf(folder: string): Promise<Add[]> {
  const files = new Map<string, Add>();
  for (const { add, remove } of await actionsOf(folder)) {
    if (remove !== undefined) files.delete(remove.path);
    if (add !== undefined) files.set(add.path, add);
  }
  return [...files.values()];
}

async function actionsOf(folder: string): Promise<Action[]> {
  const log = path.join(folder, '_delta_log');
  const texts = await Promise.all((await commitsOf(folder)).map((name) => readFile(path.join(log, name), 'utf8')));
  const lines = texts.flatMap((text) => text.split('\n').filter(Boolean));
  return lines.map((line) => JSON.parse(line) as Action);
}

async function commitsOf(folder: string): Promise<string[]> {
  const names = await readdir(path.join(folder, '_delta_log'));
  return names.filter((name) => /^\d{20}\.json$/.test(name)).sort();
}

/** At the end of the log, which others extend at the same time. */
async function commit(folder: string, operation: string, actions: readonly object[]): Promise<void> {
  const info = { timestamp: Date.now(), operation, operationParameters: {}, engineInfo: ENGINE };
  const text = [{ commitInfo: info }, ...actions].map((action) => `${JSON.stringify(action)}\n`).join('');
  const log = path.join(folder, '_delta_log');
  for (let attempt = 1; ; attempt += 1) {
    const last = (await commitsOf(folder)).at(-1);
    const next = last === undefined ? 0 : Number.parseInt(last, 10) + 1;
    const file = path.join(log, `${String(next).padStart(20, '0')}.json`);
    try {
      await writeFile(file, text, { flag: 'wx' });
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST') || attempt === COMMIT_ATTEMPTS)
        throw error;
    }
  }
}
