/** Writes the generated pages. Run by `npm run docs:generate`. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { rulesSchemaText } from '../src/cli/commands/rules/schema.ts';
import { configurationPage } from './configuration-page.ts';

const reference = path.join(import.meta.dirname, 'reference');
writeFileSync(path.join(reference, 'configuration.md'), configurationPage());
writeFileSync(path.join(reference, 'rules.schema.json'), rulesSchemaText());
