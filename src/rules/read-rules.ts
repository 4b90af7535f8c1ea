/**
 * Reads a rules file: YAML or JSON to Rules, or everything that is wrong with it, one line each, with its place. Touches nothing.
 * Invariant: rules that it returns can be used, and are what their canonical text gives back.
 */
import { z } from 'zod';
import { nearestName } from '../base/text/edit-distance.ts';
import type { Rules } from '../payments/rules/rules.ts';
import { canonicalRules, MAX_RULES_BYTES, type RulesDocument, rulesOf } from '../payments/rules/rules-document.ts';
import { DEFAULT_DECISION_SETTINGS } from '../payments/settings.ts';
import { type RulesMistake, rulesMistake, shownValue } from './rules-mistake.ts';
import { asDocument, RULES_SCHEMA, SELECT_TEXT } from './rules-schema.ts';
import { type Path, parseRulesText, type RulesSyntax } from './rules-syntax.ts';
import { wholeFileProblems } from './whole-file.ts';

/** More lines than anybody reads at once. */
const MAX_MISTAKES = 50;

/** What is expected at a path, or, with `isSentence`, what is wrong there. */
interface Problem {
  readonly path: Path;
  readonly what: string;
  readonly isSentence?: boolean;
}

/** An array: the mistakes, in the order of their places. `fileName` begins each line. */
export function readRules(text: string, fileName: string): Rules | RulesMistake[] {
  const byteLength = Buffer.byteLength(text, 'utf8');
  const start = { line: 1, column: 1 };
  if (byteLength > MAX_RULES_BYTES) return [rulesMistake(fileName, start, '', tooLong('the file', byteLength))];
  if (text.trim() === '') return [rulesMistake(fileName, start, '', 'the file is empty: it needs revision and event')];
  const syntax = parseRulesText(text, fileName);
  if (syntax.mistakes.length > 0) return inOrder(syntax.mistakes);
  const parsed = RULES_SCHEMA.safeParse(syntax.value);
  const problems = parsed.success
    ? wholeFileProblems(asDocument(parsed.data)).map((problem): Problem => ({ ...problem, isSentence: true }))
    : withoutConsequences(parsed.error.issues).flatMap((issue) => problemsOf(issue, [], syntax.value));
  if (!parsed.success || problems.length > 0) {
    return inOrder(problems.map((problem) => mistakeOf(problem, fileName, syntax)));
  }
  const rules = rulesOf(asDocument(parsed.data) satisfies RulesDocument, DEFAULT_DECISION_SETTINGS.fraud);
  const canonicalBytes = Buffer.byteLength(canonicalRules(rules), 'utf8');
  if (canonicalBytes > MAX_RULES_BYTES)
    return [rulesMistake(fileName, start, '', tooLong('the file with its defaults', canonicalBytes))];
  return rules;
}

function tooLong(what: string, byteLength: number): string {
  return `${what} has ${byteLength} bytes: at most ${MAX_RULES_BYTES} (64 KiB)`;
}

function inOrder(mistakes: readonly RulesMistake[]): RulesMistake[] {
  return [...mistakes].sort((a, b) => a.line - b.line || a.column - b.column).slice(0, MAX_MISTAKES);
}

function mistakeOf({ path, what, isSentence = false }: Problem, fileName: string, syntax: RulesSyntax): RulesMistake {
  const found = valueAt(syntax.value, path);
  const text = isSentence ? what : expected(what, found);
  return rulesMistake(fileName, syntax.placeOf(path), path.join('.'), text);
}

function expected(what: string, found: unknown): string {
  if (found === undefined) return `is missing: expected ${what}`;
  const isUnquoted = /^(a text|a JSON Pointer|a decimal)/.test(what) && /number|boolean/.test(typeof found);
  const pointer = what.startsWith('a JSON Pointer') && typeof found === 'string' ? pointerOf(found) : undefined;
  const help = pointer === undefined ? '' : `: did you mean ${pointer}?`;
  return `expected ${what}; found ${shownValue(found)}${isUnquoted ? ': write it in quotes' : help}`;
}

/** Of a path with points, as JSONPath and jq have it, or without its first slash. */
function pointerOf(text: string): string | undefined {
  const names = text.replace(/^\$?\./, '').replaceAll(/\[(\d+)\]/g, '.$1');
  return /^[\w-]+(?:[./][\w-]+)*$/.test(names) ? `/${names.replaceAll('.', '/')}` : undefined;
}

/** An object with an unknown member has no further problem: the member that seems to be missing is most often the same one. */
function withoutConsequences(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  const misspelt = new Set(
    issues.filter(({ code }) => code === 'unrecognized_keys').map(({ path }) => JSON.stringify(path)),
  );
  return issues.filter(({ code, path }) => code !== 'custom' || !misspelt.has(JSON.stringify(path)));
}

/** An issue of zod, with what it says of each alternative of a union only where one of them was meant. */
function problemsOf(issue: z.core.$ZodIssue, outer: Path, root: unknown): Problem[] {
  const path = [...outer, ...(issue.path as (string | number)[])];
  if (issue.code === 'unrecognized_keys') {
    const known = membersAt(path);
    return issue.keys.map((name) => ({ path: [...path, name], what: unknownMember(name, known), isSentence: true }));
  }
  if (issue.code === 'invalid_union' && isObject(valueAt(root, path))) {
    const isAtRoot = ({ code, path: at }: z.core.$ZodIssue): boolean =>
      at.length === 0 && (code === 'invalid_type' || code === 'invalid_value');
    const inner = issue.errors.find((issues) => !issues.some(isAtRoot)) ?? [];
    if (inner.length > 0) return inner.flatMap((one) => problemsOf(one, path, root));
  }
  if (issue.code === 'invalid_key')
    return [{ path, what: `its name must be ${SELECT_TEXT} of well-formed Unicode`, isSentence: true }];
  return [{ path, what: issue.message }];
}

function unknownMember(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  if (nearest !== undefined) return `no such member; did you mean ${nearest}?`;
  return `no such member; there are ${known.join(', ')}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

/** The names of the members that the schema has at a path. */
function membersAt(path: Path): string[] {
  let schemas: z.ZodType[] = [RULES_SCHEMA];
  for (const step of path) schemas = schemas.flatMap(alternatives).flatMap((schema) => stepInto(schema, step));
  return schemas
    .flatMap(alternatives)
    .flatMap((schema) => (schema instanceof z.ZodObject ? Object.keys(schema.shape) : []));
}

function alternatives(schema: z.ZodType): z.ZodType[] {
  if (schema instanceof z.ZodOptional) return alternatives(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodUnion) return (schema.options as z.ZodType[]).flatMap(alternatives);
  return [schema];
}

function stepInto(schema: z.ZodType, step: string | number): z.ZodType[] {
  if (schema instanceof z.ZodArray) return [schema.element as z.ZodType];
  const member = schema instanceof z.ZodObject ? (schema.shape[step] as z.ZodType | undefined) : undefined;
  return member === undefined ? [] : [member];
}
