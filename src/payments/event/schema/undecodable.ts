/**
 * Why the bytes of a value are not a value of their schema: the detail of `value_undecodable`. A reader throws one of these, and
 * its own read() catches it; they are made once, so that a topic of nothing but damaged values costs no stack traces.
 */

/** Records, messages, lists and maps inside each other, the outermost included. */
export const MOST_LEVELS = 64;
/** Records, lists, maps and the elements of lists and maps of one Avro value, all together. */
export const MOST_ELEMENTS = 100_000;

export class Undecodable extends Error {
  constructor(detail: string) {
    super(detail);
    this.name = 'Undecodable';
  }
}

export const UNDECODABLE = {
  cutOff: new Undecodable('cut off'),
  leftOver: new Undecodable('bytes left over'),
  length: new Undecodable('a negative length'),
  number: new Undecodable('a number of too many bits'),
  branch: new Undecodable('a branch that the union does not have'),
  symbol: new Undecodable('a symbol that the enum does not have'),
  boolean: new Undecodable('a boolean that is neither 0 nor 1'),
  levels: new Undecodable(`over ${MOST_LEVELS} levels`),
  elements: new Undecodable(`over ${MOST_ELEMENTS} elements`),
  utf8: new Undecodable('a text that is not UTF-8'),
  message: new Undecodable('a message that the schema does not have'),
  field: new Undecodable('a field number or wire type that does not exist'),
  group: new Undecodable('a group'),
} as const;
