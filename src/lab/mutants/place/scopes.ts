/**
 * Places that have a name: classes and their members, functions, variables, members of objects. A path names one, as
 * `PartitionRun.#flush` or `POINTS`; those inside another follow it after a dot.
 */
import { childrenOf, isNode, type SyntaxNode } from './syntax.ts';

export interface Scope {
  readonly path: string;
  readonly node: SyntaxNode;
}

/** All of a program, outer ones first. Declarations without a body (overloads) are none. */
export function scopesOf(program: SyntaxNode): Scope[] {
  const found: Scope[] = [];
  const visit = (node: SyntaxNode, path: string): void => {
    const name = nameOf(node);
    const own = name === undefined ? path : path === '' ? name : `${path}.${name}`;
    if (name !== undefined) found.push({ path: own, node });
    for (const child of childrenOf(node)) visit(child, own);
  };
  visit(program, '');
  return found;
}

/** Those of exactly this path; where there is none, those whose path ends with it. A getter and its setter share one. */
export function scopesNamed(scopes: readonly Scope[], path: string): Scope[] {
  const exact = scopes.filter((scope) => scope.path === path);
  return exact.length > 0 ? exact : scopes.filter((scope) => scope.path.endsWith(`.${path}`));
}

/** Where the statements of a function, or the members of a class, begin; undefined where it has no such body. */
export function bodyStart({ node }: Scope): number | undefined {
  const owner = [node.value, node.init, node].find((each) => isNode(each) && isNode(each.body)) as
    | SyntaxNode
    | undefined;
  const body = owner?.body as SyntaxNode | undefined;
  return body?.type === 'BlockStatement' || body?.type === 'ClassBody' ? body.start + 1 : undefined;
}

function nameOf(node: SyntaxNode): string | undefined {
  switch (node.type) {
    case 'ClassDeclaration':
    case 'ClassExpression':
    case 'FunctionDeclaration':
    case 'VariableDeclarator':
      return keyName(node.id);
    case 'MethodDefinition':
      return isNode(node.value) && isNode(node.value.body) ? keyName(node.key) : undefined;
    case 'PropertyDefinition':
    case 'Property':
      return node.computed === true ? undefined : keyName(node.key);
    default:
      return undefined;
  }
}

function keyName(key: unknown): string | undefined {
  if (!isNode(key)) return undefined;
  if (key.type === 'Identifier') return key.name as string;
  if (key.type === 'PrivateIdentifier') return `#${key.name as string}`;
  return key.type === 'Literal' ? String(key.value) : undefined;
}
