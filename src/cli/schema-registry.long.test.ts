/**
 * Records in Avro and Protobuf from librdkafka, with schemas of a real registry: it is away at the start, knows no such id, is away when
 * a new id comes, and is switched off for good once its schemas are in the dataset.
 */
import avsc from 'avsc';
import protobuf from 'protobufjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inWireFormat, RegistryBench, type Sent } from './testing/registry-bench.ts';

const LIMIT_MS = 300_000;
const NOW_MS = 1_790_000_000_000;

let bench: RegistryBench;

beforeAll(async () => {
  bench = await RegistryBench.open();
}, LIMIT_MS);

afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
});

const PARTY = { type: 'record', name: 'Party', namespace: 'shop', fields: [{ name: 'account', type: 'string' }] };
const CHARGE = {
  type: 'record',
  name: 'Charge',
  namespace: 'shop',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'payer', type: 'shop.Party' },
    { name: 'payee', type: ['null', 'shop.Party'] },
    { name: 'amount', type: { type: 'bytes', logicalType: 'decimal', precision: 18, scale: 2 } },
    { name: 'currency', type: { type: 'enum', name: 'Currency', symbols: ['EUR', 'JPY'] } },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-micros' } },
    { name: 'labels', type: { type: 'map', values: 'string' } },
  ],
};
/** The second version has one field more, and so another id. */
const CHARGE_2 = { ...CHARGE, fields: [...CHARGE.fields, { name: 'region', type: ['null', 'string'], default: null }] };

const AVRO_RULES = (revision: number, more = '') => `revision: ${revision}
event:
  format: avro
  key: sender
  transaction_id: { path: /id }
  sender_account_id: { path: /payer/account }
  receiver_account_id: { path: /payee/account }
  amount: { path: /amount, decimal_bytes: schema }
  currency: { path: /currency }
  timestamp: { path: /at, type: epoch_us }
  region: { path: /region }
${more}columns:
  - { name: channel, path: /labels/channel, type: string }
`;

function charges(id: number, schema: object, from: number, count: number): Sent[] {
  // As the schema is stored: the referred type stands where it is first used.
  const whole = JSON.parse(
    JSON.stringify(schema).replace('"shop.Party"', JSON.stringify(PARTY)),
    plainTypes,
  ) as avsc.Schema;
  const type = avsc.Type.forSchema(whole, { wrapUnions: false });
  return Array.from({ length: count }, (_, index) => {
    const number = from + index;
    const account = `acct-${number % 5}`;
    const value = type.toBuffer({
      id: `c-${number}`,
      payer: { account },
      payee: number % 3 === 0 ? null : { account: 'shop' },
      amount: Buffer.from([0x00, 0x80 + number]),
      currency: number % 2 === 0 ? 'EUR' : 'JPY',
      at: (NOW_MS + number) * 1_000,
      labels: { channel: 'web' },
      region: 'eu-west',
    });
    return { key: account, value: inWireFormat(id, value) };
  });
}

/** avsc writes what is below the logical types. */
function plainTypes(this: unknown, _name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('logicalType' in value)) return value;
  return (value as { readonly type?: unknown }).type;
}

async function expectPass(): Promise<void> {
  const verified = await bench.run('verify', '--json');
  expect(verified, verified.said).toMatchObject({ code: 0 });
  expect(JSON.parse(verified.out)).toMatchObject({ verdict: 'PASS' });
}

function counted(said: string): unknown {
  const lines = said.split('\n').filter((line) => line.includes('"checkpoint.written"'));
  return JSON.parse(lines.at(-1)!).counters;
}

test(
  'Avro: a registry that is away at the start, an id that nobody has, and none at all afterwards',
  async () => {
    await bench.begin(AVRO_RULES(1));
    await bench.register('shop.Party', 'AVRO', JSON.stringify(PARTY));
    const reference = { name: 'shop.Party', subject: 'shop.Party', version: 1 };
    const first = await bench.register('charges-value', 'AVRO', JSON.stringify(CHARGE), [reference]);
    const second = await bench.register('charges-value', 'AVRO', JSON.stringify(CHARGE_2), [reference]);
    expect(second).not.toBe(first);

    // Away at the start: it waits, says so, and resumes.
    const records = charges(first, CHARGE, 0, 20);
    await bench.send([...records, records[3]!, { key: 'x', value: inWireFormat(first, Buffer.from('00', 'hex')) }]);
    await bench.registry.control.pause(true);
    const processing = bench.start('process', '--until-caught-up');
    await processing.says('waiting for schema-registry');
    await bench.registry.control.pause(false);
    const waited = await processing.ended;
    expect(waited, waited.said).toMatchObject({ code: 0 });
    expect(waited.said).toContain('"service.recovered"');
    expect(counted(waited.said)).toMatchObject({ consumed: 22, accepted: 20, duplicates: 1, rejected: 1 });
    await expectPass();

    // An id that nobody has: what comes before it is written, and nothing past it.
    await bench.send([
      ...charges(second, CHARGE_2, 20, 5),
      { key: 'x', value: inWireFormat(9_999, Buffer.from('00', 'hex')) },
      ...charges(second, CHARGE_2, 25, 5),
    ]);
    const stopped = await bench.run('process', '--until-caught-up');
    expect(stopped, stopped.said).toMatchObject({ code: 65 });
    expect(stopped.said).toContain('schema_unknown: partition 0: the record at offset 27 names schema 9999');
    expect(counted(stopped.said)).toMatchObject({ consumed: 27, accepted: 25 });

    // Declared in the rules: a rejected row, and the rest is read.
    await bench.rules(AVRO_RULES(2, '  reject_schema_ids: [9999]\n'));
    const declared = await bench.run('process', '--until-caught-up');
    expect(declared, declared.said).toMatchObject({ code: 0 });
    expect(counted(declared.said)).toMatchObject({ consumed: 33, accepted: 30, duplicates: 1, rejected: 2 });
    await expectPass();

    // Switched off for good: takeover with and without local state, records of a known schema, verify, backfill.
    await bench.registry.control.kill();
    await bench.send(charges(first, CHARGE, 30, 5));
    const taken = await bench.run('process', '--until-caught-up');
    expect(taken, taken.said).toMatchObject({ code: 0 });
    await bench.loseState();
    await bench.send(charges(second, CHARGE_2, 35, 5));
    const rebuilt = await bench.run('process', '--until-caught-up');
    expect(rebuilt, rebuilt.said).toMatchObject({ code: 0 });
    expect(rebuilt.said).toContain('"rebuilt"');
    expect(counted(rebuilt.said)).toMatchObject({ consumed: 43, accepted: 40 });
    await expectPass();
    const backfilled = await bench.run('backfill', '--dry-run', '--json');
    expect(backfilled, backfilled.said).toMatchObject({ code: 0 });
    await bench.registry.control.start();
  },
  LIMIT_MS,
);

const MONEY_PROTO = 'syntax = "proto3"; package shop; message Money { bytes value = 1; string currency = 2; }';
const ORDER_PROTO = `syntax = "proto3"; package shop;
import "shop/money.proto";
message Noise { string text = 1; }
message Order {
  string id = 1;
  Money money = 2;
  int64 at_ms = 3;
  oneof payer { string account = 4; string iban = 5; }
  enum Region { UNKNOWN = 0; EU_WEST = 1; }
  Region region = 6;
  optional string device = 7;
  map<string, string> labels = 8;
}`;

test(
  'Protobuf: nested messages, an import, a oneof and an enum, in a message that is not the first',
  async () => {
    await bench.begin(`revision: 1
event:
  format: protobuf
  key: sender
  transaction_id: { path: /id }
  sender_account_id: { path: /account }
  amount: { path: /money/value, decimal_bytes: 2 }
  currency: { path: /money/currency }
  timestamp: { path: /at_ms }
  device_id: { path: /device }
  region: { path: /region }
columns:
  - { name: channel, path: /labels/channel, type: string }
`);
    await bench.register('shop/money.proto', 'PROTOBUF', MONEY_PROTO);
    const id = await bench.register('orders-value', 'PROTOBUF', ORDER_PROTO, [
      { name: 'shop/money.proto', subject: 'shop/money.proto', version: 1 },
    ]);
    const root = new protobuf.Root();
    protobuf.parse(MONEY_PROTO, root, { keepCase: true });
    const type = protobuf.parse(ORDER_PROTO, root, { keepCase: true }).root.resolveAll().lookupType('shop.Order');
    // The second message of the file.
    const index = Buffer.from([0x02, 0x02]);
    const order = (number: number): Sent => {
      const account = `acct-${number % 5}`;
      const message = {
        id: `o-${number}`,
        money: { value: Buffer.from([0x00, 0x80 + number]), currency: 'EUR' },
        at_ms: NOW_MS + number,
        account,
        region: number % 2,
        labels: { channel: 'app' },
        ...(number % 3 === 0 ? {} : { device: 'phone' }),
      };
      return { key: account, value: inWireFormat(id, Buffer.concat([index, type.encode(message).finish()])) };
    };
    const orders = Array.from({ length: 20 }, (_, number) => order(number));
    await bench.send(
      [
        ...orders,
        orders[0]!,
        { key: 'x', value: inWireFormat(id, Buffer.from([0x02, 0x08])) },
        { key: 'x', value: inWireFormat(id, Buffer.from([0x02, 0x02, 0x0a, 0x7f])) },
        { key: 'x', value: Buffer.from('{"id":"o-1"}') },
      ],
      'snappy',
    );
    const processed = await bench.run('process', '--until-caught-up');
    expect(processed, processed.said).toMatchObject({ code: 0 });
    expect(counted(processed.said)).toMatchObject({ consumed: 24, accepted: 20, duplicates: 1, rejected: 3 });
    await bench.registry.control.kill();
    await expectPass();
    await bench.registry.control.start();
  },
  LIMIT_MS,
);

test(
  'a new id comes while the registry is away: the partition waits in mid-run and resumes',
  async () => {
    await bench.begin(AVRO_RULES(1));
    await bench.register('shop.Party', 'AVRO', JSON.stringify(PARTY));
    const reference = { name: 'shop.Party', subject: 'shop.Party', version: 1 };
    const first = await bench.register('charges-value', 'AVRO', JSON.stringify(CHARGE), [reference]);
    const second = await bench.register('charges-value', 'AVRO', JSON.stringify(CHARGE_2), [reference]);
    await bench.send(charges(first, CHARGE, 0, 10));
    const begun = await bench.run('process', '--until-caught-up');
    expect(begun, begun.said).toMatchObject({ code: 0 });
    await bench.send([...charges(first, CHARGE, 10, 5), ...charges(second, CHARGE_2, 15, 5)]);
    await bench.registry.control.pause(true);
    const processing = bench.start('process', '--until-caught-up');
    await processing.says('waiting for schema-registry');
    await bench.registry.control.pause(false);
    const done = await processing.ended;
    expect(done, done.said).toMatchObject({ code: 0 });
    expect(done.said).toContain(`schema ${second}, which partition 0 needs at offset 15`);
    // Those before it were written while it waited.
    const checkpoints = done.said.split('\n').filter((line) => line.includes('"checkpoint.written"'));
    expect(checkpoints.map((line) => JSON.parse(line).nextOffset)).toContain(15);
    expect(counted(done.said)).toMatchObject({ consumed: 20, accepted: 20 });
    await expectPass();
  },
  LIMIT_MS,
);
