/** Members that may be meant by a role although no name says so: by their values alone. A reader must decide on each. Pure. */
import { type Choice, nearness } from './choose-member.ts';
import { isAddress, isCurrency, isDecimal, isName, most, type Shape, timeTypeOf } from './field-shapes.ts';

/** Fewer values than these do not show whether a member repeats. */
const VALUES_LEAST = 10;
/** From this share of different values on, a member is one of each record. A few records come twice. */
const DIFFERENT_LEAST = 0.9;
const PRESENT_LEAST = 0.5;
/** With fewer than this part of another one's values a member says a kind, not who. */
const KINDS_SHARE = 4;
const CANDIDATES_SHOWN = 3;

/** Whether its value is another one in almost every record, as an id of a payment is, and one who sends is not. */
export function differsInEach({ distinct, values }: Shape): boolean {
  return values.length >= VALUES_LEAST && distinct >= DIFFERENT_LEAST * values.length;
}

/** Paths of members that differ in each record, those nearest to the amount first. */
export function idCandidates(shapes: readonly Shape[], records: number, home: string | undefined): string[] {
  const found = named(shapes, records).filter(differsInEach);
  return pathsOf(found.sort((a, b) => nearness(b, home) - nearness(a, home) || byPath(a, b)));
}

/** Paths of members that repeat, those that most records have first, then those with the most different values. */
export function senderCandidates(shapes: readonly Shape[], records: number): string[] {
  const found = named(shapes, records)
    .filter((shape) => shape.distinct > 1 && !differsInEach(shape) && !isAddress(shape))
    .sort((a, b) => b.values.length - a.values.length || b.distinct - a.distinct || byPath(a, b));
  const least = (found[0]?.distinct ?? 0) / KINDS_SHARE;
  return pathsOf(found.filter(({ distinct }) => distinct > least));
}

/** The time that is nearest to the amount; one that says its offset is surer than a number. */
export function timeByShape(shapes: readonly Shape[], records: number, home: string | undefined): Choice | undefined {
  const rank = (shape: Shape): number => nearness(shape, home) + (timeTypeOf(shape) === 'iso8601' ? 100 : 0);
  const [best, ...others] = shapes
    .filter((shape) => shape.values.length >= records * PRESENT_LEAST && isSurelyTime(shape))
    .sort((a, b) => rank(b) - rank(a) || byPath(a, b));
  return best === undefined ? undefined : { shape: best, score: 0, others: pathsOf(others), isByShape: true };
}

/** Texts of ten digits are more often ids than seconds. */
function isSurelyTime(shape: Shape): boolean {
  const type = timeTypeOf(shape);
  return type !== undefined && (type !== 'epoch_s' || shape.isNumber);
}

/** Texts that may name something: no amounts, times, currencies and truth values. */
function named(shapes: readonly Shape[], records: number): Shape[] {
  return shapes.filter(
    (shape) =>
      shape.values.length >= records * PRESENT_LEAST &&
      isName(shape) &&
      !(shape.isNumber && isDecimal(shape)) &&
      timeTypeOf(shape) === undefined &&
      !isCurrency(shape) &&
      !most(shape, (value) => value === 'true' || value === 'false'),
  );
}

function pathsOf(shapes: readonly Shape[]): string[] {
  return shapes.slice(0, CANDIDATES_SHOWN).map(({ path }) => path);
}

function byPath(a: Shape, b: Shape): number {
  return a.path < b.path ? -1 : 1;
}
