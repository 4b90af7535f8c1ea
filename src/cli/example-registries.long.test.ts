/**
 * The examples in Avro and Protobuf end to end: schemas with references in a real registry, records from librdkafka, a real broker and
 * emulator, to a verdict of `verify`.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SampleCheck } from '../rules-check/check-sample.ts';
import { encoded, schemaOf } from '../rules-check/testing/encode-records.ts';
import { EXAMPLES, expectedOf } from '../rules-check/testing/examples.ts';
import { RegistryBench } from './testing/registry-bench.ts';

const LIMIT_MS = 300_000;
let bench: RegistryBench;

beforeAll(async () => {
  bench = await RegistryBench.open();
}, LIMIT_MS);

afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
});

test.each(['avro', 'protobuf'] as const)(
  '%s: registered, sent by librdkafka, checked, processed, verified',
  async (name) => {
    const rulesFile = path.join(EXAMPLES, name, 'rules.yaml');
    await bench.begin(readFileSync(rulesFile, 'utf8'));
    const { text, references } = schemaOf(name);
    const type = name === 'avro' ? 'AVRO' : 'PROTOBUF';
    const [reference] = references;
    await bench.register(reference!.name, type, reference!.text);
    const referred = { name: reference!.name, subject: reference!.name, version: 1 };
    const id = await bench.register(`${name}-payments-value`, type, text, [referred]);
    await bench.send(encoded(name, id));

    const expected = expectedOf(name);
    const checked = await bench.run('rules', 'check', rulesFile, '--from-topic', '--count', '100', '--json');
    // Five of them are rejected.
    expect(checked, checked.said).toMatchObject({ code: 1 });
    const { records } = JSON.parse(checked.out) as SampleCheck;
    expect(records.flatMap(({ reason }) => reason ?? [])).toEqual(
      expected.filter(({ disposition }) => disposition === 'rejected').map(({ reason }) => reason),
    );
    const proposed = await bench.run('rules', 'init', '--from-topic');
    expect(proposed, proposed.said).toMatchObject({ code: 0 });
    expect(proposed.out).toContain(`format: ${name}`);
    expect(proposed.out).toContain('transaction_id: { path: /id }');

    const processed = await bench.run('process', '--until-caught-up');
    expect(processed, processed.said).toMatchObject({ code: 0 });
    expect(processed.said).toContain('accepted 15 of 22 (duplicate 1, late 1, rejected 5: ');
    const verified = await bench.run('verify');
    expect(verified, verified.said).toMatchObject({ code: 0 });
    expect(verified.out).toContain('PASS');
  },
  LIMIT_MS,
);
