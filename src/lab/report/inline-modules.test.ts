import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inlineModules } from './inline-modules.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'provenonce-inline-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** `@/` stands for `./`: these files are not there for who reads imports as text. */
async function inlined(files: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, text] of Object.entries(files)) {
    await writeFile(path.join(folder, name), text.replaceAll('@/', './'));
  }
  return inlineModules(path.join(folder, 'main.ts'));
}

test('modules become one script that does what they do, also where they share names', async () => {
  const code = await inlined({
    'a.ts':
      '/** Header. */\nconst LIMIT: number = 2;\nexport function twice(n: number): number {\n  return LIMIT * n;\n}\n',
    'b.ts':
      "import { twice } from '@/a.ts';\nconst LIMIT = 5;\nexport class Box {\n  readonly value = twice(LIMIT);\n}\n",
    'main.ts':
      "import type { Nothing } from 'uplot';\nimport { twice } from '@/a.ts';\nimport { Box } from '@/b.ts';\nresult.push(new Box().value, twice(1));\n",
  });
  const result: number[] = [];
  new Function('result', code)(result);
  expect(result).toEqual([10, 2]);
  expect(code).not.toMatch(/: number|import |export |Header/);
});

test.each([
  ['a package', { 'main.ts': "import { z } from 'zod';\nz();\n" }, 'no packages'],
  [
    'renaming',
    { 'a.ts': 'export const a = 1;\n', 'main.ts': "import { a as b } from '@/a.ts';\nb;\n" },
    'without renaming',
  ],
  ['a default export', { 'main.ts': 'export default 1;\n' }, 'export by name'],
  [
    'a circle',
    {
      'a.ts': "import { b } from '@/main.ts';\nexport const a = b;\n",
      'main.ts': "import { a } from '@/a.ts';\nexport const b = a;\n",
    },
    'circle',
  ],
])('%s is refused', async (_, files, message) => {
  await expect(inlined(files as unknown as Record<string, string>)).rejects.toThrow(message);
});
