/**
 * Makes one script of a page's TypeScript modules: types stripped, each module a function that returns what it exports,
 * after those that it imports. A page needs little of what modules can do: named imports without renaming, and exported
 * functions, classes and constants. Anything else is an error here, not a page that does not start.
 */
import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import path from 'node:path';

const IMPORT = /^import\s+([^;]*?)\s*from\s*'([^']+)';[ \t]*$/gm;
const EXPORT = /^export (?:async )?(?:function\*?|class|const|let)\s+([\w$]+)/gm;
const HEADER = /^\/\*\*[\s\S]*?\*\/\n/;

export async function inlineModules(entry: string): Promise<string> {
  const done = new Map<string, string>();
  const names = new Map<string, string>();
  const visit = async (file: string, trail: readonly string[]): Promise<void> => {
    if (trail.includes(file)) {
      throw new Error(`page modules import each other in a circle: ${[...trail, file].join(' > ')}`);
    }
    if (done.has(file)) return;
    const source = withoutTypes(await readFile(file, 'utf8'));
    for (const [, , target] of source.matchAll(IMPORT)) {
      if (!target!.startsWith('.')) throw new Error(`${file} imports ${target}: a page has no packages to import from`);
      await visit(path.join(path.dirname(file), target!), [...trail, file]);
    }
    names.set(file, `module${names.size + 1}`);
    done.set(file, asFunction(file, source, names));
  };
  await visit(path.resolve(entry), []);
  return [...done.values()].join('\n');
}

/** `names`: what the modules above are called. */
function asFunction(file: string, source: string, names: ReadonlyMap<string, string>): string {
  const exported = [...source.matchAll(EXPORT)].map(([, name]) => name!);
  const linked = source.replace(IMPORT, (statement, imported: string, target: string) => {
    if (!/^\{[^}]*\}$/.test(imported) || /\bas\b/.test(imported)) {
      throw new Error(`${file}: ${statement.trim()}: a page's modules import by name, without renaming`);
    }
    return `const ${imported.replace(/\s+/g, ' ')} = ${names.get(path.join(path.dirname(file), target))};`;
  });
  const body = linked.replace(/^export (?=async |function|class |const |let )/gm, '');
  if (/^(?:export|import)\b/m.test(body))
    throw new Error(`${file}: a page's modules export by name, where it is declared`);
  const lines = body
    .replace(HEADER, '')
    .split('\n')
    .map((line) => line.trimEnd());
  const kept = lines.filter((line) => line !== '' && line !== ';').join('\n');
  return `// ${path.basename(file)}\nconst ${names.get(file)} = (() => {\n${kept}\nreturn { ${exported.join(', ')} };\n})();`;
}

/** Node warns each process once that stripping is experimental; who makes a page can do nothing about that. */
function withoutTypes(source: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}
