/**
 * Draws a .proto file whose messages have what the paths of rules ask for: in messages, lists and maps, with and without presence, as
 * members of oneofs and enums, in proto2 or proto3, with fields that no path wants, part of it in an imported file. The message of
 * records is not always the file's first. For tests and the simulated world.
 */
import { PROTOBUF_SCALARS } from '../event/protobuf/protobuf-types.ts';
import { type Chance, drawInteger, drawOne, oneIn, shuffled } from './draw.ts';
import { type DrawnSchema, elementOf, isList, type PathTree, type SchemaDials, type Wish } from './path-tree.ts';
import { messageIndexes, ProtobufWriter } from './protobuf-bytes.ts';
import { type ProtoEnum, type ProtoField, type ProtoMessage, protoText } from './protobuf-file.ts';

const PACKAGE = 'drawn';
const IMPORTED = 'parts.proto';
const WHOLE = ['int64', 'int64', 'int32', 'uint64', 'sint64', 'fixed64', 'sfixed32'] as const;
const KEYS = ['string', 'string', 'int64', 'sint32', 'fixed32', 'bool'] as const;

export function drawProtobufSchema(tree: PathTree, chance: Chance, dials: SchemaDials): DrawnSchema {
  const syntax: 2 | 3 = oneIn(chance, 3) ? 2 : 3;
  const drawing = new Drawing(chance, dials, syntax);
  const root = drawing.message('Payment', tree);
  const { messages, enums } = drawing;
  const isSplit = messages.length > 0 && oneIn(chance, 3);
  // Enums stand in the file of the messages that use them; those of the root alone would stand in the other one.
  const parts = { syntax, package: PACKAGE, imports: [], enums, messages } as const;
  const isInside = oneIn(chance, 4);
  const before = isSplit ? 0 : messages.length;
  const file = {
    syntax,
    package: PACKAGE,
    imports: isSplit ? [IMPORTED] : [],
    enums: isSplit ? [] : enums,
    messages: [root, ...(isSplit ? [] : messages)],
    ...(isInside ? { outer: 'Outer' } : {}),
  };
  const writer = new ProtobufWriter(syntax, dials);
  const indexes = messageIndexes(isInside ? [before, 0] : [before]);
  return {
    source: {
      kind: 'protobuf',
      text: protoText(file),
      references: isSplit ? [{ name: IMPORTED, text: protoText(parts) }] : [],
    },
    encode: (value, of) => Buffer.concat([indexes, writer.message(root, value, of)]),
  };
}

type Shape = Pick<ProtoField, 'type' | 'label'> & { readonly keyType?: string };

class Drawing {
  readonly messages: ProtoMessage[] = [];
  readonly enums: ProtoEnum[] = [];
  readonly #chance: Chance;
  readonly #dials: SchemaDials;
  readonly #syntax: 2 | 3;
  #names = 0;

  constructor(chance: Chance, dials: SchemaDials, syntax: 2 | 3) {
    this.#chance = chance;
    this.#dials = dials;
    this.#syntax = syntax;
  }

  message(name: string, { members }: PathTree): ProtoMessage {
    const chance = this.#chance;
    const fields: ProtoField[] = [];
    const message: ProtoMessage = { is: 'message', name, fields };
    let number = drawInteger(chance, 0, 3);
    const add = (own: string, shape: Shape): void => {
      number += drawOne(chance, [1, 1, 2, 20, 300]);
      const isMember = shape.label === 'optional' && this.#dials.isWild && oneIn(chance, 5);
      // A oneof of several members: the last one that is written counts.
      const oneof = isMember ? { oneof: `of_${oneIn(chance, 3) ? 'all' : own}` } : {};
      fields.push({ name: own, number, ...shape, ...oneof });
    };
    for (const [own, member] of shuffled([...members], chance)) {
      if (this.#dials.isWild && oneIn(chance, 3)) add(this.#name('x'), this.#other(message));
      add(own, this.#shape(member));
    }
    return message;
  }

  #shape(tree: PathTree): Shape {
    const chance = this.#chance;
    if (tree.wish !== undefined) return { type: this.#leaf(tree.wish), label: this.#label() };
    if (isList(tree)) return { type: this.#typeOf(elementOf(tree)), label: 'repeated' };
    const wishes = [...tree.members.values()].map(({ wish }) => wish);
    const wish = drawOne(chance, wishes);
    const isMap = this.#dials.isWild && oneIn(chance, 6) && wishes.every((each) => each?.is === wish?.is);
    if (isMap && wish !== undefined) return { type: this.#leaf(wish), label: 'map', keyType: 'string' };
    return { type: this.#typeOf(tree), label: oneIn(chance, 2) ? 'optional' : 'plain' };
  }

  #typeOf(tree: PathTree): ProtoField['type'] {
    if (tree.wish !== undefined) return this.#leaf(tree.wish);
    const message = this.message(this.#name('Part'), tree);
    this.messages.push(message);
    return message;
  }

  #label(): ProtoField['label'] {
    return drawOne(this.#chance, this.#syntax === 2 ? ['optional', 'optional', 'required'] : ['plain', 'optional']);
  }

  #leaf(wish: Wish): ProtoField['type'] {
    const chance = this.#chance;
    if (oneIn(chance, this.#dials.oddEvery)) return drawOne(chance, PROTOBUF_SCALARS);
    switch (wish.is) {
      case 'text':
        return wish.symbols !== undefined && oneIn(chance, 4) ? this.#enum(wish.symbols) : 'string';
      case 'scaled':
        return 'bytes';
      case 'truth':
        return 'bool';
      case 'time':
        if (wish.type === 'iso8601') return 'string';
        return drawOne(chance, wish.type === 'epoch_s' ? WHOLE : ['int64', 'uint64', 'fixed64', 'string']);
      case 'whole':
        return wish.orText && oneIn(chance, 4) ? 'string' : drawOne(chance, WHOLE);
      default:
        return drawOne(chance, ['string', 'string', 'int64']);
    }
  }

  #enum(symbols: readonly string[]): ProtoEnum {
    const name = this.#name('Enum');
    const named = ['OTHER', ...new Set(symbols)].filter((symbol) => /^[A-Za-z_]\w*$/.test(symbol));
    const values = named.map((symbol, index) => [symbol, index * 2] as const);
    const made: ProtoEnum = { is: 'enum', name, values };
    this.enums.push(made);
    return made;
  }

  /** A field that no path wants. */
  #other(around: ProtoMessage): Shape {
    const chance = this.#chance;
    const type = drawOne<ProtoField['type']>(chance, [...PROTOBUF_SCALARS, around]);
    switch (drawInteger(chance, 0, 3)) {
      case 0:
        return { type, label: 'repeated' };
      case 1:
        return { type, label: 'map', keyType: drawOne(chance, KEYS) };
      default:
        return { type, label: 'optional' };
    }
  }

  #name(kind: string): string {
    this.#names += 1;
    return `${kind}${this.#names}`;
  }
}
