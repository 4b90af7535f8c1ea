/** provenonce rules: the rules file of a topic of your own. Each subcommand is one file under rules/. */
import type { AddCommand } from '../main.ts';
import { addRulesCheck } from './rules/check.ts';
import { addRulesInit } from './rules/init.ts';
import { addRulesSchema } from './rules/schema.ts';

export const addCommand: AddCommand = (program) => {
  const rules = program.command('rules').description('the rules file: what the records of your topic become');
  addRulesCheck(rules);
  addRulesInit(rules);
  addRulesSchema(rules);
};
