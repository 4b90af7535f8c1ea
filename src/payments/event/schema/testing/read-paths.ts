/** Reads a value through a compiled reader, and says what each path found in one comparable form. */
import { ByteScratch } from '../../../../base/memory/text-key.ts';
import type { CompiledMapping, PathNode } from '../../mapped/compiled-mapping.ts';
import { PathValues, VALUE_KIND } from '../../mapped/path-values.ts';
import { VALUE_ROOM_BYTES } from '../../mapped/value-reader.ts';
import type { Undecodable } from '../undecodable.ts';

/** As `["integer", "-5", 0]`: the kind, its bytes (bytes as hex), and the scale of bytes or the time unit of an integer. */
export type Found = readonly [kind: string, text?: string, says?: number];

export const MISSING: Found = ['missing'];

interface Reader {
  readonly roomBytes: number;
  read(bytes: Buffer, start: number, end: number, out: PathValues): Undecodable | undefined;
}

const NAMES = Object.fromEntries(Object.entries(VALUE_KIND).map(([name, kind]) => [kind, name]));

/** The paths numbered as given, in the form that readers are compiled from. */
export function pathsOf(pointers: readonly string[]): Pick<CompiledMapping, 'root' | 'pathCount'> {
  const root = newNode();
  pointers.forEach((pointer, path) => {
    let node = root;
    for (const token of pointer.split('/').slice(1)) {
      const step = token.replaceAll('~1', '/').replaceAll('~0', '~');
      const next = node.members.get(step) ?? newNode();
      node.members.set(step, next);
      if (/^(?:0|[1-9][0-9]{0,8})$/.test(step)) node.elements.set(Number(step), next);
      node = next;
    }
    node.path = path;
  });
  return { root, pathCount: pointers.length };
}

interface Node extends PathNode {
  path: number;
  readonly members: Map<string, Node>;
  readonly elements: Map<number, Node>;
}

function newNode(): Node {
  return { path: -1, members: new Map(), elements: new Map(), wantsSource: false };
}

/** The reason as a text if the value is none of the schema. The scratch has no byte more than a reader may use. */
export function readPaths(reader: Reader, value: Buffer, pathCount: number): readonly Found[] | string {
  const margin = 3;
  const scratch = new ByteScratch(2 * value.length + VALUE_ROOM_BYTES * pathCount + reader.roomBytes + 16);
  const out = new PathValues(pathCount, scratch);
  const padded = Buffer.concat([Buffer.alloc(margin, 0xff), value, Buffer.alloc(margin, 0xff)]);
  out.begin(scratch, 0);
  const problem = reader.read(padded, margin, margin + value.length, out);
  if (problem !== undefined) return problem.message;
  return Array.from({ length: pathCount }, (_, path) => foundAt(out, path));
}

function foundAt(out: PathValues, path: number): Found {
  const kind = NAMES[out.kinds[path] as number]!;
  const bytes = out.scratch.bytes.subarray(out.starts[path], out.ends[path]);
  if (kind === 'text') return [kind, bytes.toString('utf8')];
  if (kind === 'integer') return [kind, bytes.toString('latin1'), out.timeUnits[path] as number];
  if (kind === 'bytes') return [kind, bytes.toString('hex'), out.scales[path] as number];
  return [kind];
}
