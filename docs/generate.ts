/** Writes the generated pages. Run by `npm run docs:generate`. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { configurationPage } from './configuration-page.ts';

writeFileSync(path.join(import.meta.dirname, 'reference', 'configuration.md'), configurationPage());
