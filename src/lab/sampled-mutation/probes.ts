/**
 * Finds out which code a test runs: a probe at the start of each block, function and branch. A probe is an assignment to one
 * place of an array that the process holds (probe-hits.ts), so that a source with probes does what it did without.
 */
import { at, isFunction, isNode, type Node, parse, walk } from './syntax.ts';

/** The array of probes, as a member of globalThis. */
export const HITS = '__provenonceHits';

/** A piece of a source that runs from its start, or not at all (an early end aside). */
export interface Probe {
  readonly start: number;
  readonly end: number;
}

/** Where probes go, the module itself first. */
export function probesOf(file: string, source: string): Probe[] {
  const probes: Probe[] = [{ start: 0, end: source.length }];
  walk(parse(file, source), (node) => {
    const region = regionOf(node);
    if (region !== undefined) probes.push({ start: region.start, end: region.end });
    return true;
  });
  return probes;
}

/** The place in `probes` of the innermost one around a piece of the source. */
export function probeAround(probes: readonly Probe[], { start, end }: Probe): number {
  let found = 0;
  for (const [place, probe] of probes.entries()) {
    const length = probes[found]!.end - probes[found]!.start;
    const isAround = probe.start <= start && probe.end >= end;
    if (isAround && probe.end - probe.start <= length) found = place;
  }
  return found;
}

/** The source with its probes, whose places in the array begin at `first`. */
export function withProbes(file: string, source: string, first: number): string {
  const inserts: { at: number; text: string }[] = [{ at: 0, text: `var __h=globalThis.${HITS};__h[${first}]=1;` }];
  let place = first;
  walk(parse(file, source), (node) => {
    const region = regionOf(node);
    if (region === undefined) return true;
    place += 1;
    const isValue = isFunction(node);
    const isBlock = region.type === 'BlockStatement';
    inserts.push({ at: region.start + (isBlock ? 1 : 0), text: isValue ? `(__h[${place}]=1,` : `__h[${place}]=1;` });
    if (isValue) inserts.push({ at: region.end, text: ')' });
    return true;
  });
  let text = '';
  let from = 0;
  for (const insert of inserts.sort((a, b) => a.at - b.at)) {
    text += source.slice(from, insert.at) + insert.text;
    from = insert.at;
  }
  return text + source.slice(from);
}

/** What a probe is for: a block, what a function of one expression returns, the statements of a case. */
function regionOf(node: Node): Node | undefined {
  if (node.type === 'BlockStatement') return node;
  if (node.type === 'ArrowFunctionExpression') {
    const body = at(node, 'body');
    return body.type === 'BlockStatement' ? undefined : body;
  }
  if (node.type !== 'SwitchCase') return undefined;
  const [first] = node.consequent as readonly unknown[];
  return isNode(first) ? { type: 'SwitchCase', start: first.start, end: node.end } : undefined;
}
