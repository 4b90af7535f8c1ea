/**
 * `npm run build`: makes dist/, which `npm pack` packs. It is laid out as the repository is, with JavaScript and types in the
 * place of TypeScript, and with every data file that the code reads beside itself: so paths by import.meta.url hold in both.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '..', '..');
const DIST = path.join(ROOT, 'dist');
const TSC = path.join(ROOT, 'node_modules', '.bin', 'tsc');
/** Read at run time by code that is beside them, or two folders up. */
const DATA = [
  'sql/**/*.sql',
  'src/infra/emulator/*.{txt,py}',
  'src/infra/kafka/*.{xml,lock}',
  'src/lab/report/page/*.css',
  'scenarios/plans/*.json',
];
const ENTRY = 'src/cli/provenonce.mjs';

rmSync(DIST, { recursive: true, force: true });
for (const project of ['tsconfig.json', 'tsconfig.page.json'])
  execFileSync(TSC, ['-p', path.join(import.meta.dirname, project)], { stdio: 'inherit', cwd: ROOT });

for (const file of globSync(DATA, { cwd: ROOT })) copy(file);
copy('package.json');
// What the compiler leaves alone: it is JavaScript.
const entry = readFileSync(path.join(ROOT, ENTRY), 'utf8');
const compiled = entry.replace("import('./main.ts')", "import('./main.js')");
if (compiled === entry) throw new Error(`${ENTRY} does not import './main.ts' as it did`);
writeFileSync(path.join(DIST, ENTRY), compiled, { mode: 0o755 });
process.stdout.write(`${globSync('**/*.js', { cwd: DIST }).length} files of JavaScript in dist/\n`);

function copy(file: string): void {
  mkdirSync(path.join(DIST, path.dirname(file)), { recursive: true });
  cpSync(path.join(ROOT, file), path.join(DIST, file));
}
