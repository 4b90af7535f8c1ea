/**
 * The results of a sample, one JSON document a line, appended as they come: a run that is broken off resumes where it was.
 * Where an id is there twice, the later line counts.
 */
import { appendFileSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import path from 'node:path';
import type { Drawn } from './draw-sample.ts';
import type { Judgement } from './judge-mutant.ts';

export type MutantResult = Omit<Drawn, 'start' | 'end' | 'statementStart'> & Judgement & { readonly ms: number };

/** By id. A last line that was cut off, by a kill or a full disk, is as if it were not there. */
export function readResults(file: string): Map<string, MutantResult> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const results = whole.split('\n').filter((line) => line !== '');
  return new Map(
    results.map((line, at) => {
      const result = parseLine(line, `${file}:${at + 1}`);
      return [result.id, result];
    }),
  );
}

export function appendResult(file: string, drawn: Drawn, judgement: Judgement, ms: number): MutantResult {
  const { start, end, statementStart, ...told } = drawn;
  const result = { ...told, ...judgement, ms };
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  removeHalfLine(file);
  appendFileSync(file, `${JSON.stringify(result)}\n`);
  return result;
}

function parseLine(line: string, where: string): MutantResult {
  try {
    return JSON.parse(line) as MutantResult;
  } catch (error) {
    throw new Error(`${where} is no result: remove the line, and its mutant is judged again`, { cause: error });
  }
}

function removeHalfLine(file: string): void {
  try {
    const bytes = readFileSync(file);
    const wholeBytes = bytes.lastIndexOf('\n') + 1;
    if (wholeBytes < bytes.length) truncateSync(file, wholeBytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
