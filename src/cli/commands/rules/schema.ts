/** provenonce rules schema: the JSON Schema of a rules file, for editors and other programs. */
import type { Command } from 'commander';
import { rulesJsonSchema } from '../../../rules/rules-schema.ts';
import { printVerbatim } from '../../print.ts';

export function addRulesSchema(rules: Command): void {
  rules
    .command('schema')
    .description('print the JSON Schema of a rules file')
    .action(() => {
      printVerbatim(rulesSchemaText().trimEnd());
    });
}

/** As docs/reference/rules.schema.json has it. */
export function rulesSchemaText(): string {
  return `${JSON.stringify(rulesJsonSchema(), null, 2)}\n`;
}
