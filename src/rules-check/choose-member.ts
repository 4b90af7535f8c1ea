/** Which member of the records is meant by a role: by its name, its shape, and where it stands. Pure. */
import { isAddress, isCurrency, isDecimal, isName, isWhole, most, type Shape, timeTypeOf } from './field-shapes.ts';
import { type ProposedRole, ROLE_NAMES } from './role-names.ts';

export interface Choice {
  readonly shape: Shape;
  /** Of its name, from 1. */
  readonly score: number;
  readonly others: readonly string[];
  /** No name says so: a reader must decide. */
  readonly isByShape?: boolean;
}

/** A member with this share of the records is one that payments have. */
const PRESENT_LEAST = 0.5;
const OTHERS_SHOWN = 3;
/** Its name is that of an amount. */
export function isNamedAmount(shape: Shape): boolean {
  return nameScore('amount', shape) > 0;
}

export function bestOf(
  role: ProposedRole,
  shapes: readonly Shape[],
  records: number,
  prefer: (shape: Shape) => boolean = () => false,
  home?: string,
): Choice | undefined {
  const scored = shapes
    .filter((shape) => fits(role, shape) && shape.values.length >= records * PRESENT_LEAST)
    .map((shape) => ({ shape, score: nameScore(role, shape) }))
    .filter(({ score }) => score > 0)
    .map(({ shape, score }) => ({
      shape,
      score:
        score +
        (prefer(shape) ? 40 : 0) +
        uniqueness(role, shape) +
        nearness(shape, home) +
        Math.round((40 * shape.values.length) / records) -
        shape.names.length,
    }));
  scored.sort((a, b) => b.score - a.score || (a.shape.path < b.shape.path ? -1 : 1));
  const [best, ...others] = scored;
  if (best === undefined) return undefined;
  const near = others.filter(({ score }) => score > best.score - 20).slice(0, OTHERS_SHOWN);
  return { ...best, others: near.map(({ shape }) => shape.path) };
}

/** Of the last name, or of the last two as one: `/amount/value` is an amount. */
function nameScore(role: ProposedRole, { names }: Shape): number {
  const known: readonly string[] = ROLE_NAMES[role];
  const last = names.filter((name) => !/^\d+$/.test(name));
  const candidates = [last.at(-1) ?? '', last.slice(-2).join(''), last.slice(-3).join('')];
  let best = 0;
  for (const [index, name] of known.entries()) {
    for (const [turn, candidate] of candidates.entries()) {
      const exact = candidate === name ? 100 - 4 * index + 2 * turn : 0;
      const ending = name.length > 2 && candidate.endsWith(name) ? 50 - 2 * index : 0;
      best = Math.max(best, exact, ending);
    }
  }
  return best;
}

function fits(role: ProposedRole, shape: Shape): boolean {
  switch (role) {
    case 'amount':
      return isDecimal(shape) && timeTypeOf(shape) === undefined;
    case 'currency':
      return isCurrency(shape);
    case 'timestamp':
      return timeTypeOf(shape) !== undefined;
    case 'ip_address':
      return isAddress(shape);
    case 'transaction_id':
    case 'sender_account_id':
      return isName(shape) && (!shape.isNumber || isWhole(shape)) && timeTypeOf(shape) === undefined;
    default:
      return (
        isName(shape) &&
        !shape.isNumber &&
        !isCurrency(shape) &&
        !most(shape, (value) => value === 'true' || value === 'false')
      );
  }
}

/** An id of a payment differs in every record; who sends is the same in several. */
function uniqueness(role: ProposedRole, { distinct, values }: Shape): number {
  return role === 'transaction_id' ? Math.round((30 * distinct) / values.length) : 0;
}

/** Whether it stands in the object that has the amount, or around that. */
export function nearness(shape: Shape, home: string | undefined): number {
  const parent = parentOf(shape);
  if (home === undefined || !`${home}/`.startsWith(`${parent}/`)) return 0;
  return Math.max(5, 25 - 7 * (home.slice(parent.length).split('/').length - 1));
}

export function parentOf({ path }: Shape): string {
  return path.slice(0, path.lastIndexOf('/'));
}
