/** What the writers of drawn records write is Avro and Protobuf, by the judgement of other readers: avsc and protobufjs. */
import protobuf from 'protobufjs';
import { expect, test } from 'vitest';
import { avscType } from '../event/schema/testing/draw-avro.ts';
import { seededChance } from './draw.ts';
import { drawAvroSchema } from './drawn-avro.ts';
import { JsonObject, putAt } from './drawn-json.ts';
import { drawProtobufSchema } from './drawn-protobuf.ts';
import { drawRules } from './drawn-rules.ts';
import { pathTree } from './path-tree.ts';

const SEEDS = Array.from({ length: 150 }, (_, index) => index + 1);
/** No drawn value has this text. */
const NEEDLE = 'the transaction of this very record';

/** A value with one text of ours, for rules whose transaction id is a text at a path. */
function drawn(seed: number, format: 'avro' | 'protobuf') {
  const chance = seededChance(seed);
  const rules = drawRules(chance, [format]);
  const tree = new JsonObject();
  const { path = '/none', type } = rules.event.texts.transaction_id!;
  putAt(tree, path, JSON.stringify(NEEDLE));
  return { chance, rules, tree, isText: type === undefined };
}

test('Avro: avsc reads it to its last byte, and finds what was written', () => {
  let found = 0;
  for (const seed of SEEDS) {
    const { chance, rules, tree, isText } = drawn(seed, 'avro');
    const schema = drawAvroSchema(pathTree([rules]), chance, { oddEvery: 1_000_000, isWild: true, isHostile: false });
    const { text, references } = schema.source;
    const type = avscType(
      JSON.parse(text),
      references.map((each) => JSON.parse(each.text)),
    );
    const value = type.fromBuffer(schema.encode(tree, chance));
    const texts = JSON.stringify(value, (_, member) => (typeof member === 'bigint' ? String(member) : member));
    if (!isText) continue;
    expect(texts, `seed ${seed}: ${text}`).toContain(NEEDLE);
    found += 1;
  }
  expect(found).toBeGreaterThan(SEEDS.length / 2);
});

test('Protobuf: protobufjs reads it, and finds what was written', () => {
  let found = 0;
  for (const seed of SEEDS) {
    const { chance, rules, tree, isText } = drawn(seed, 'protobuf');
    const schema = drawProtobufSchema(pathTree([rules]), chance, {
      oddEvery: 1_000_000,
      isWild: true,
      isHostile: false,
    });
    const { text, references } = schema.source;
    const root = new protobuf.Root();
    for (const reference of references) protobuf.parse(reference.text, root, { keepCase: true });
    protobuf.parse(text, root, { keepCase: true });
    const bytes = schema.encode(tree, chance);
    // The path of the message: 0, or a count and as many indexes of one byte each.
    const from = bytes[0] === 0 ? 1 : 1 + bytes[0]! / 2;
    const name = text.includes('message Outer') ? 'drawn.Outer.Payment' : 'drawn.Payment';
    const value = root.lookupType(name).decode(bytes.subarray(from)).toJSON();
    if (!isText) continue;
    expect(JSON.stringify(value), `seed ${seed}: ${text}`).toContain(NEEDLE);
    found += 1;
  }
  expect(found).toBeGreaterThan(SEEDS.length / 2);
});
