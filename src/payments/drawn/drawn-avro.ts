/**
 * Draws an Avro schema whose records have what the paths of rules ask for: in records, lists and maps, as unions, enums, decimals and
 * times of any unit, with fields that no path wants. For tests and the simulated world.
 */
import type { SchemaReference } from '../event/schema/event-schema.ts';
import { type AvroJson, type AvroMember, type AvroNode, AvroWriter } from './avro-bytes.ts';
import { type Chance, drawInteger, drawOne, oneIn, shuffled } from './draw.ts';
import { type DrawnSchema, elementOf, isList, type PathTree, type SchemaDials, type Wish } from './path-tree.ts';

const TIMESTAMPS = {
  epoch_ms: 'timestamp-millis',
  epoch_us: 'timestamp-micros',
  epoch_ns: 'timestamp-nanos',
} as const;
const PLAIN = ['boolean', 'int', 'long', 'float', 'double', 'bytes', 'string', 'null'] as const;
const MAP_EVERY = 6;

export function drawAvroSchema(tree: PathTree, chance: Chance, dials: SchemaDials): DrawnSchema {
  const drawing = new Drawing(chance, dials);
  const root = drawing.record('Payment', tree);
  const { references } = drawing;
  const writer = new AvroWriter(
    root,
    references.map(({ schema }) => schema),
  );
  return {
    source: {
      kind: 'avro',
      text: JSON.stringify(root),
      references: references.map(({ name, text }): SchemaReference => ({ name, text })),
    },
    encode: (value, of) => writer.write(value, of),
  };
}

class Drawing {
  readonly references: (SchemaReference & { readonly schema: AvroJson })[] = [];
  readonly #chance: Chance;
  readonly #dials: SchemaDials;
  #names = 0;

  constructor(chance: Chance, dials: SchemaDials) {
    this.#chance = chance;
    this.#dials = dials;
  }

  record(name: string, { members }: PathTree): AvroNode {
    const fields: AvroMember[] = [];
    for (const [own, member] of shuffled([...members], this.#chance)) {
      this.#addOthers(fields, name);
      fields.push({ name: own, type: this.#member(member) });
    }
    this.#addOthers(fields, name);
    return { type: 'record', name, fields };
  }

  #member(tree: PathTree): AvroJson {
    const chance = this.#chance;
    if (tree.wish !== undefined) return this.#orNothing(this.#leaf(tree.wish));
    const container = this.#container(tree);
    return this.#orNothing(typeof container === 'object' && oneIn(chance, 3) ? this.#referred(container) : container);
  }

  #container(tree: PathTree): AvroJson {
    const chance = this.#chance;
    if (isList(tree)) {
      const element = elementOf(tree);
      return { type: 'array', items: element.wish === undefined ? this.#member(element) : this.#leaf(element.wish) };
    }
    const wishes = [...tree.members.values()].map(({ wish }) => wish);
    const wish = drawOne(chance, wishes);
    const isMap = this.#dials.isWild && oneIn(chance, MAP_EVERY) && wishes.every((each) => each?.is === wish?.is);
    if (isMap && wish !== undefined) return { type: 'map', values: this.#leaf(wish) };
    return this.record(this.#name('Part'), tree);
  }

  /** A record that has a schema of its own, which this one refers to. */
  #referred(schema: AvroJson): AvroJson {
    const { type, name } = schema as AvroNode;
    if (type !== 'record' || name === undefined) return schema;
    this.references.push({ name, text: JSON.stringify(schema), schema });
    return name;
  }

  #orNothing(type: AvroJson): AvroJson {
    const chance = this.#chance;
    if (!oneIn(chance, 3) || Array.isArray(type)) return type;
    const others = this.#dials.isWild && oneIn(chance, 4) && type !== 'boolean' ? [type, 'boolean'] : [type];
    return oneIn(chance, 2) ? ['null', ...others] : [...others, 'null'];
  }

  #leaf(wish: Wish): AvroJson {
    const chance = this.#chance;
    if (oneIn(chance, this.#dials.oddEvery)) return this.#any(2);
    switch (wish.is) {
      case 'text':
        if (wish.symbols !== undefined && oneIn(chance, 4)) return this.#enum([...wish.symbols, 'OTHER']);
        return 'string';
      case 'whole':
        return drawOne(chance, ['long', 'long', 'int', wish.orText ? 'string' : 'long']);
      case 'decimal':
        if (wish.orScaled && oneIn(chance, 3)) return this.#decimal(drawInteger(chance, 2, 12));
        return drawOne<AvroJson>(chance, ['string', 'string', 'long']);
      case 'scaled':
        return this.#scaled(wish.scale);
      case 'time':
        return this.#time(wish.type);
      default:
        return 'boolean';
    }
  }

  #scaled(scale: number | 'schema'): AvroJson {
    const chance = this.#chance;
    if (scale === 'schema') return this.#decimal(drawOne(chance, [0, 2, 2, 4, 9, 12]));
    return oneIn(chance, 2) ? this.#decimal(scale) : drawOne<AvroJson>(chance, ['bytes', this.#fixed({})]);
  }

  #decimal(scale: number): AvroNode {
    const logical = { logicalType: 'decimal', precision: Math.max(18, scale), scale };
    return oneIn(this.#chance, 4) ? this.#fixed(logical) : { type: 'bytes', ...logical };
  }

  #fixed(logical: Partial<AvroNode>): AvroNode {
    return { type: 'fixed', name: this.#name('Fixed'), size: drawInteger(this.#chance, 4, 24), ...logical };
  }

  #time(type: 'iso8601' | 'epoch_s' | keyof typeof TIMESTAMPS): AvroJson {
    const chance = this.#chance;
    if (type === 'iso8601') return 'string';
    if (type === 'epoch_s') return drawOne(chance, ['long', 'long', 'int', 'string']);
    return drawOne<AvroJson>(chance, ['long', { type: 'long', logicalType: TIMESTAMPS[type] }, 'string']);
  }

  #enum(symbols: readonly string[]): AvroNode {
    const named = [...new Set(symbols)].filter((symbol) => /^[A-Za-z_]\w*$/.test(symbol));
    return { type: 'enum', name: this.#name('Enum'), symbols: named };
  }

  /** Fields that no path wants. */
  #addOthers(fields: AvroMember[], record: string): void {
    const chance = this.#chance;
    if (!this.#dials.isWild || !oneIn(chance, 3)) return;
    const name = this.#name('x');
    // A record that contains itself, as a linked list does.
    fields.push({ name, type: oneIn(chance, 5) ? ['null', record] : this.#any(0) });
  }

  #any(level: number): AvroJson {
    const chance = this.#chance;
    switch (drawInteger(chance, 0, level > 2 ? 2 : 7)) {
      case 0:
        return { type: 'long', logicalType: drawOne(chance, Object.values(TIMESTAMPS)) };
      case 1:
        return this.#decimal(drawInteger(chance, 0, 10));
      case 2:
      case 3:
        return drawOne(chance, PLAIN);
      case 4:
        return { type: 'array', items: this.#any(level + 1) };
      case 5:
        return { type: 'map', values: this.#any(level + 1) };
      case 6:
        return {
          type: 'record',
          name: this.#name('Other'),
          fields: Array.from({ length: drawInteger(chance, 0, 3) }, (_, index) => ({
            name: `f${index}`,
            type: this.#any(level + 1),
          })),
        };
      default:
        return ['null', 'string', this.#enum(['ONE', 'TWO'])];
    }
  }

  #name(kind: string): string {
    this.#names += 1;
    return `${kind}${this.#names}`;
  }
}
