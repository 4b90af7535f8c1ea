/** The numbers of all paths that end at a node or below it. */
import { NO_PATH, type PathNode } from '../mapped/compiled-mapping.ts';

export function pathsBelow(node: PathNode): readonly number[] {
  const below = [...node.members.values()].flatMap(pathsBelow);
  return node.path === NO_PATH ? below : [node.path, ...below];
}
