/** What can be tested of the images without building them; `npm run check:image` builds and runs them on Docker. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const REPOSITORY = path.join(import.meta.dirname, '..', '..');
const read = (file: string): string => readFileSync(path.join(REPOSITORY, file), 'utf8');
const DOCKERFILE = read('Dockerfile')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, '');
const IGNORED = read('.dockerignore')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

/** Docker's rule: the last line that names the path, or a folder above it, decides. */
function isInContext(file: string): boolean {
  const above = file.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));
  const last = IGNORED.findLast((line) =>
    above.some((place) => path.matchesGlob(undotted(place), undotted(line.replace(/^!/, '')))),
  );
  return last?.startsWith('!') ?? true;
}

/** To Docker a name that starts with a dot is a name like any other. */
function undotted(place: string): string {
  return place.replaceAll(/(^|\/)\./g, '$1_');
}

function stage(name: string): string {
  const found = DOCKERFILE.split(/^(?=FROM )/m).find((text) => text.split('\n')[0]!.endsWith(` AS ${name}`));
  if (found === undefined) throw new Error(`the Dockerfile has no stage ${name}`);
  return found;
}

const SENT = globSync('{src,sql,deploy,docs,scenarios,chaos}/**/*.*', { cwd: REPOSITORY }).filter(isInContext);

test('the images hold what the processor needs, and neither the lab, the demo nor a test', () => {
  expect(SENT).toEqual(
    expect.arrayContaining(['src/cli/main.ts', 'src/cli/commands/process.ts', 'src/infra/types.ts']),
  );
  expect(SENT).toEqual(expect.arrayContaining(['deploy/image/healthcheck.ts', 'sql/tables/payment_transactions.sql']));
  expect(
    SENT.filter((file) => /^(src\/(lab|demo)|docs|scenarios|chaos)\/|\.test\.|\.fixture\.|\/testing\//.test(file)),
  ).toEqual([]);
  for (const file of ['package.json', 'package-lock.json', '.npmrc', 'LICENSE']) expect(isInContext(file)).toBe(true);
  for (const file of ['node_modules', '.git', '.env', 'checkpoint', 'artifacts']) expect(isInContext(file)).toBe(false);
});

test('nothing in the images imports a file that is not in them', () => {
  const sent = new Set(SENT);
  const missing = SENT.filter((file) => file.endsWith('.ts')).flatMap((file) =>
    [...read(file).matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)'(\.{1,2}\/[^']+)'/g)]
      .map(([, target]) => path.posix.join(path.posix.dirname(file), target!))
      .filter((target) => !sent.has(target))
      .map((target) => `${file} imports ${target}: let .dockerignore in what production needs, or leave out both`),
  );
  expect(missing).toEqual([]);
});

test('what the image loads is a production dependency', () => {
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
  const packages = SENT.filter((file) => file.endsWith('.ts')).flatMap((file) =>
    [
      ...read(file)
        .replaceAll(/\b(?:import|export) type [^;]*;/g, '')
        .matchAll(/(?:\bfrom |^import )'([@a-z][^']*)'/gm),
    ]
      .map(([, name]) => name!)
      .filter((name) => !name.startsWith('node:'))
      .map((name) =>
        name
          .split('/')
          .slice(0, name.startsWith('@') ? 2 : 1)
          .join('/'),
      ),
  );
  expect(packages.length).toBeGreaterThan(10);
  expect(packages.filter((name) => dependencies[name] === undefined)).toEqual([]);
});

test('the base is pinned to the Node that the project is tested with, and can be given', () => {
  const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> };
  expect(DOCKERFILE).toMatch(new RegExp(`^ARG NODE_IMAGE=node:${devDependencies.node!.replaceAll('.', '\\.')}-`));
  const bases = [...DOCKERFILE.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as the Dockerfile writes it
  expect(bases).toEqual(['${NODE_IMAGE}', '${RUNTIME_IMAGE}', 'base', 'base', 'base']);
});

test('what runs is no root, is process 1, and gets SIGTERM', () => {
  const base = stage('base');
  const [, user] = /^USER (\d+):\d+$/m.exec(base)!;
  expect(Number(user)).toBeGreaterThan(999);
  expect(base).toMatch(/^STOPSIGNAL SIGTERM$/m);
  // A shell in between would not pass the signal on; the last stages' base may have none.
  const [, afterDependencies] = DOCKERFILE.split(' AS base\n');
  for (const instruction of [...afterDependencies!.matchAll(/^(?:RUN|ENTRYPOINT|CMD) (.*)$/gm)]) {
    expect(JSON.parse(instruction[1]!)).toEqual(expect.any(Array));
  }
});

test('code is compiled as it will be run: Node uses it only with the same flags', () => {
  const flagsOf = (found: RegExpExecArray | null) => (JSON.parse(found![1]!) as string[]).slice(0, -1);
  const entry = flagsOf(/^ENTRYPOINT (.*)$/m.exec(stage('base')));
  expect(flagsOf(/^RUN (.*)$/m.exec(stage('compiled')))).toEqual(entry);
  for (const name of ['processor', 'simulator']) {
    expect(stage(name)).toContain('COPY --from=compiled --chown=0:0 /app/node_modules/.cache ./node_modules/.cache\n');
  }
});

test('the processor keeps its state on a volume of its user and says whether it lives', () => {
  const processor = stage('processor');
  expect(stage('base')).toContain('CHECKPOINT_LOCATION=/checkpoint');
  expect(processor).toContain('--chown=10001:10001 /checkpoint /checkpoint');
  expect(processor).toContain('VOLUME ["/checkpoint"]');
  expect(processor).toMatch(/^HEALTHCHECK .*CMD \["node", "\/app\/deploy\/image\/healthcheck\.ts"\]$/m);
});

test('installs exactly what the lock file says, without development tools and without install scripts', () => {
  expect(stage('dependencies')).toMatch(/^RUN npm ci --omit=dev --ignore-scripts /m);
});

test('the last stage is the processor: docker build without --target gives it', () => {
  expect([...DOCKERFILE.matchAll(/^FROM \S+ AS (\w+)$/gm)].map(([, name]) => name).at(-1)).toBe('processor');
});
