/**
 * Compiles a message of a schema and the paths of a mapping into a reader that walks a value once, puts down what the paths ask for,
 * and skips the rest without allocating.
 *
 * The value begins with the path of its message in the file: how many indexes, then each, in zigzag varints; 0 alone is the first
 * message. Then, as the official implementations have it: fields come in any order; of a field that comes twice the last counts,
 * messages are merged, lists are joined; setting a member of a oneof clears the others; a value of another wire type than the field's
 * is an unknown field. A oneof is its members: their names stand in paths, its own does not. A required field that is not set is
 * missing. Only what a path leads through is looked at: the rest is skipped by its length.
 */
import { type CompiledMapping, NO_PATH, type PathNode } from '../mapped/compiled-mapping.ts';
import type { PathValues } from '../mapped/path-values.ts';
import { pathsBelow } from '../schema/paths-below.ts';
import { type Below, SchemaValues } from '../schema/schema-values.ts';
import { MOST_LEVELS, UNDECODABLE, Undecodable } from '../schema/undecodable.ts';
import { keyTest } from './map-keys.ts';
import { ProtobufCursor, WIRE_LENGTH } from './protobuf-cursor.ts';
import { enumReader, SCALARS, type ScalarReader } from './protobuf-scalars.ts';
import { MapField, MessageStep, RepeatedField, ScalarStep, SingularField, type ValueStep } from './protobuf-steps.ts';
import type { ProtobufField, ProtobufFile, ProtobufMessage, ProtobufType } from './protobuf-types.ts';

/** Reads values. Undefined: all of the value was read; otherwise why it is not a value of the schema. */
export class ProtobufReader {
  readonly #file: ProtobufFile;
  readonly #values: SchemaValues;
  readonly #steps = new Map<ProtobufMessage, MessageStep>();
  readonly #cursor = new ProtobufCursor();

  constructor(file: ProtobufFile, { root, pathCount }: Pick<CompiledMapping, 'root' | 'pathCount'>) {
    this.#file = file;
    this.#values = new SchemaValues(pathCount);
    // All that a record may name: what a value needs of the scratch is known before the first one.
    const messages = [...file.messages];
    for (const message of messages) {
      this.#steps.set(message, new Compiler(this.#values).message(message, root));
      messages.push(...message.nested);
    }
  }

  /** What read() needs of the scratch besides the value. */
  get roomBytes(): number {
    return this.#values.roomBytes;
  }

  /** The value, behind the schema's id, is [start, end) of the bytes. */
  read(bytes: Buffer, start: number, end: number, out: PathValues): Undecodable | undefined {
    const at = out.load(bytes, start, end);
    const cursor = this.#cursor;
    cursor.begin(out.scratch.bytes, at, at + end - start);
    this.#values.begin(out);
    try {
      this.#steps.get(this.#messageAt(cursor))!.readTo(cursor, this.#values, cursor.end);
    } catch (error) {
      if (error instanceof Undecodable) return error;
      throw error;
    }
    return undefined;
  }

  #messageAt(cursor: ProtobufCursor): ProtobufMessage {
    const count = zigzag(cursor);
    if (count < 0 || count > MOST_LEVELS) throw UNDECODABLE.message;
    let { messages } = this.#file;
    let message = messages[count === 0 ? 0 : zigzag(cursor)];
    for (let index = 1; index < count && message !== undefined; index += 1) {
      messages = message.nested;
      message = messages[zigzag(cursor)];
    }
    if (message === undefined) throw UNDECODABLE.message;
    return message;
  }
}

/** Far smaller than 32 bits; anything larger is no index. */
function zigzag(cursor: ProtobufCursor): number {
  cursor.varint();
  return cursor.high !== 0 ? -1 : (cursor.low >>> 1) ^ -(cursor.low & 1);
}

class Compiler {
  readonly #values: SchemaValues;

  constructor(values: SchemaValues) {
    this.#values = values;
  }

  /** Paths end: so does this, for a message that contains itself. */
  message(message: ProtobufMessage, node: PathNode): MessageStep {
    const step = new MessageStep(node.path);
    const oneofs = new Map<string, { readonly singular: SingularField; readonly below: Below }[]>();
    for (const field of message.fields) {
      const child = node.members.get(field.name);
      if (field.oneof === undefined && child === undefined) continue;
      const inner = child ?? NOWHERE;
      const countersFrom = this.#values.counts.length;
      if (field.label === 'repeated') step.fields.set(field.number, this.#repeated(field, inner));
      else if (field.label === 'map') step.fields.set(field.number, this.#map(field, inner));
      else {
        const value = this.#value(field.type, inner);
        const singular = new SingularField(value);
        step.fields.set(field.number, singular);
        if (!field.hasPresence && inner.path !== NO_PATH) step.defaulted.push({ path: inner.path, value });
        if (field.oneof === undefined) continue;
        const members = oneofs.get(field.oneof) ?? [];
        members.push({ singular, below: this.#below(inner, countersFrom) });
        oneofs.set(field.oneof, members);
      }
    }
    for (const members of oneofs.values()) {
      for (const { singular } of members) {
        for (const other of members) if (other.singular !== singular) singular.clears.push(other.below);
      }
    }
    return step;
  }

  #below(node: PathNode, countersFrom: number): Below {
    return { paths: pathsBelow(node), countersFrom, countersTo: this.#values.counts.length };
  }

  #value(type: ProtobufType, node: PathNode): ValueStep {
    if (typeof type !== 'string' && type.kind === 'message')
      return node === NOWHERE ? SKIPPED : this.message(type, node);
    return new ScalarStep(node.path, this.#scalar(type));
  }

  #scalar(type: Exclude<ProtobufType, ProtobufMessage>): ScalarReader {
    if (typeof type === 'string') return SCALARS[type];
    for (const name of type.names.values()) this.#values.fitSymbol(Buffer.byteLength(name));
    return enumReader(type);
  }

  #repeated(field: ProtobufField, node: PathNode): RepeatedField {
    const counter = this.#values.newCounter();
    const wanted = [...node.elements].map(([index, child]) => [index, this.#value(field.type, child)] as const);
    return new RepeatedField(node.path, new Map(wanted), this.#value(field.type, NOWHERE), counter);
  }

  #map(field: ProtobufField, node: PathNode): MapField {
    const keyType = field.keyType ?? 'string';
    const wanted = [...node.members].map(([key, child]) => {
      const countersFrom = this.#values.counts.length;
      const value = this.#value(field.type, child);
      return { isKey: keyTest(keyType, key), value, below: this.#below(child, countersFrom) };
    });
    return new MapField(node.path, wanted, SCALARS[keyType].wireType, this.#value(field.type, NOWHERE));
  }
}

/** A message that no path leads through. */
const SKIPPED: ValueStep = {
  wireType: WIRE_LENGTH,
  read: (cursor) => cursor.skipField(WIRE_LENGTH),
  putDefault: () => {},
};

const NOWHERE: PathNode = { path: NO_PATH, members: new Map(), elements: new Map(), wantsSource: false };
