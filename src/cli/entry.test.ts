import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ENTRY } from '../base/launch.ts';
import { FOLD_VERSION } from '../payments/settings.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');

function run(entry: string, folder: string, words: readonly string[] = ['process', '--help']): string {
  const env = { ...process.env, NODE_COMPILE_CACHE: folder };
  return execFileSync(process.execPath, [path.join(ROOT, entry), ...words], { encoding: 'utf8', env });
}

test("the operator's entry says what main.ts says, and keeps compiled code", () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'provenonce-entry-'));
  try {
    expect(run(ENTRY, folder)).toBe(run('src/cli/main.ts', folder));
    expect(readdirSync(folder).length).toBeGreaterThan(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('--version distinguishes releases, and production runs the one of this checkout', () => {
  const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const folder = mkdtempSync(path.join(tmpdir(), 'provenonce-entry-'));
  try {
    const said = `provenonce ${version} (fold version ${FOLD_VERSION}, Node ${process.version})`;
    for (const flag of ['--version', '-V']) expect(run(ENTRY, folder, [flag]).trim()).toBe(said);
  } finally {
    rmSync(folder, { recursive: true });
  }
  const production = readFileSync(path.join(ROOT, 'deploy/k8s/overlays/production/kustomization.yaml'), 'utf8');
  expect(/newTag: (\S+)/.exec(production)?.[1]).toBe(version);
});

test('a command runs by its old name, and its help names both', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'provenonce-entry-'));
  try {
    const help = run(ENTRY, folder, ['retention', '--help']);
    expect(help).toBe(run(ENTRY, folder, ['prune-checkpoints', '--help']));
    expect(help).toContain('provenonce prune-checkpoints|retention');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('it keeps compiled code where main.ts does', () => {
  const constant = "'node_modules', '.cache', 'provenonce', 'compiled'";
  const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
  expect(read('src/cli/compile-cache.ts')).toContain(constant);
  expect(read(ENTRY)).toContain(constant.replaceAll("', '", '/').replaceAll("'", ''));
});

test.skipIf(process.platform === 'win32')(
  'verify starts over with a larger young generation, and no other command does',
  () => {
    const shown = 'data:text/javascript,process._rawDebug(process.execArgv[0])';
    const flagsOf = (command: string): string[] => {
      const args = ['--max-semi-space-size=8', '--import', shown, path.join(ROOT, ENTRY), command, '--help'];
      const { stderr, stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      expect(status, stderr).toBe(0);
      expect(stdout).toContain(`Usage: provenonce ${command}`);
      return stderr.trim().split('\n');
    };
    expect(flagsOf('verify')).toEqual(['--max-semi-space-size=8', '--max-semi-space-size=16']);
    expect(flagsOf('process')).toEqual(['--max-semi-space-size=8']);
  },
);
