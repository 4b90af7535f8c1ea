/**
 * What the protocol needs of a store of Delta tables. Exactly-once stands on the first: of the writers that create one object,
 * exactly one gets the answer that it did.
 */
import type { Runtime } from '../base/runtime.ts';
import { type ObjectStore, UnknownOutcomeError } from '../sinks/delta/ports.ts';
import { demand, demandEqual } from './demand.ts';
import { differs, type Need, type Result } from './need.ts';

/** A folder of the store that is this need's alone, and several ways to it, which share no connection. */
export interface StoreBench {
  readonly stores: readonly [ObjectStore, ObjectStore, ...ObjectStore[]];
  /** A way on which requests are given up after a few milliseconds; undefined where none can be. */
  readonly hasty: ObjectStore | undefined;
  /** Ends in `/`. */
  readonly prefix: string;
  readonly runtime: Runtime;
}

const KEYS = 40;
const WRITERS = 32;
const ROUNDS = 40;
const PAGED_KEYS = 1_050;
const LARGE_BYTES = 12 * 1024 * 1024;
const CLOCK_TOLERANCE_MS = 60_000;
/** A request that was given up has had its effect by then, if it ever has one. */
const STRAGGLERS_MS = 3_000;

const bytesOf = (text: string): Uint8Array => Buffer.from(text);
const textOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString();

async function keysOf(store: ObjectStore, prefix: string, after?: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of store.list(prefix, after)) for (const { key } of page) keys.push(key);
  return keys;
}

async function oneWinner({ stores, prefix }: StoreBench): Promise<string> {
  for (let number = 0; number < KEYS; number++) {
    const key = `${prefix}${number}`;
    const outcomes = await Promise.all(
      Array.from({ length: WRITERS }, (_, writer) => created(stores[writer % stores.length]!, key, `by ${writer}`)),
    );
    const winners = outcomes.flatMap((outcome, writer) => (outcome === 'created' ? [writer] : []));
    demand(
      winners.length === 1,
      () => `key ${number}: ${winners.length} of ${WRITERS} writers got the answer that they created it`,
    );
    demandEqual(textOf(await stores[1].get(key)), `by ${winners[0]}`, `content of key ${number}`);
  }
  return `one winner on each of ${KEYS} keys, with ${WRITERS} writers at a time`;
}

/** Asks again where the store is busy; what is unknown counts as created, if no other one was. */
async function created(store: ObjectStore, key: string, text: string): Promise<'created' | 'exists'> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await store.create(key, bytesOf(text));
    } catch (error) {
      if (attempt === 20 || error instanceof UnknownOutcomeError) throw error;
    }
  }
}

async function keepsFirst({ stores, prefix }: StoreBench): Promise<string> {
  const key = `${prefix}first`;
  demandEqual(await stores[0].create(key, bytesOf('first')), 'created', 'the first create');
  for (let time = 0; time < 5; time++) {
    demandEqual(await stores[1].create(key, bytesOf('later')), 'exists', 'a later create');
    demandEqual(textOf(await stores[0].get(key)), 'first', 'content');
  }
  return 'later creates are refused, and change nothing';
}

/** Asked before it is there: an answer that is kept would hide it afterwards. */
async function readAfterCreate({ stores, prefix }: StoreBench): Promise<string> {
  for (let round = 0; round < ROUNDS; round++) {
    const key = `${prefix}${round}`;
    demandEqual(await stores[1].get(key), undefined, `round ${round}: content before`);
    await stores[0].create(key, bytesOf(`round ${round}`));
    demandEqual(textOf(await stores[1].get(key)), `round ${round}`, `round ${round}: content after`);
  }
  return `${ROUNDS} of ${ROUNDS} objects were read by another client at once`;
}

async function listAfterCreate({ stores, prefix }: StoreBench): Promise<string> {
  for (let round = 0; round < ROUNDS; round++) {
    const key = `${prefix}${String(round).padStart(4, '0')}`;
    demandEqual((await keysOf(stores[1], prefix)).length, round, `round ${round}: objects listed before`);
    await stores[0].create(key, bytesOf('x'));
    const listed = await keysOf(stores[1], prefix);
    demandEqual([listed.length, listed.at(-1)], [round + 1, key], `round ${round}: objects listed after, the last one`);
  }
  return `${ROUNDS} of ${ROUNDS} objects were listed by another client at once`;
}

async function listOrder({ stores, prefix }: StoreBench): Promise<string> {
  const names = ['_last', '.tmp', '00000000000000000009.json', '00000000000000000010.checkpoint.parquet'];
  names.push('00000000000000000010.json', 'a-b', 'a.b', 'a/b', 'a0', 'aB', 'ab', 'ä', 'z/y/x', '\uffee', '\u{1f600}');
  await Promise.all(names.map((name) => stores[0].create(prefix + name, bytesOf(name))));
  const wanted = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const stripped = (keys: readonly string[]): string[] => keys.map((key) => key.slice(prefix.length));
  demandEqual(stripped(await keysOf(stores[1], prefix)), wanted, 'list');
  demandEqual(
    stripped(await keysOf(stores[1], `${prefix}a`)),
    wanted.filter((name) => name.startsWith('a')),
    'list of a prefix',
  );
  for (const after of ['00000000000000000010.json', 'a', 'a-', 'zz']) {
    const left = wanted.filter((name) => Buffer.compare(Buffer.from(name), Buffer.from(after)) > 0);
    demandEqual(stripped(await keysOf(stores[1], prefix, prefix + after)), left, `list after ${after}`);
  }
  return `${names.length} keys in the order of their bytes, also after a key`;
}

async function listPages({ stores, prefix }: StoreBench): Promise<string> {
  const keys = Array.from({ length: PAGED_KEYS }, (_, index) => `${prefix}${String(index).padStart(20, '0')}.json`);
  for (let at = 0; at < keys.length; at += WRITERS) {
    await Promise.all(
      keys.slice(at, at + WRITERS).map((key, index) => created(stores[index % stores.length]!, key, 'x')),
    );
  }
  demandEqual((await keysOf(stores[1], prefix)).length, keys.length, 'keys in a list of several pages');
  demandEqual((await keysOf(stores[1], prefix, keys[20])).length, keys.length - 21, 'the same after a key');
  return `${PAGED_KEYS} keys, each once`;
}

async function replaces({ stores, prefix }: StoreBench): Promise<string> {
  const key = `${prefix}_last_checkpoint`;
  for (let round = 0; round < ROUNDS; round++) {
    await stores[round % 2]!.replace(key, bytesOf(`round ${round}`));
    demandEqual(textOf(await stores[(round + 1) % 2]!.get(key)), `round ${round}`, `round ${round}: content`);
  }
  return `${ROUNDS} of ${ROUNDS} replacements were read by another client at once`;
}

async function parts({ stores, prefix }: StoreBench): Promise<string> {
  const key = `${prefix}large`;
  const bytes = new Uint8Array(LARGE_BYTES);
  for (let at = 0; at < bytes.length; at++) bytes[at] = (at * 31 + (at >> 11)) & 255;
  await stores[0].create(key, bytes);
  const whole = await stores[1].get(key);
  demandEqual(whole?.length, bytes.length, 'length of a large object');
  demand(Buffer.compare(whole!, bytes) === 0, () => 'a large object has other bytes than were written');
  for (const [from, to] of [
    [0, 4],
    [LARGE_BYTES - 4, LARGE_BYTES + 10],
    [-8, undefined],
    [1_000_000, 1_000_020],
  ] as const) {
    const wanted = from < 0 ? bytes.slice(from) : bytes.slice(from, to);
    const part = await stores[1].get(key, to === undefined ? { from } : { from, to });
    demandEqual([...(part ?? [])], [...wanted], `bytes from ${from} to ${to ?? 'the end'}`);
  }
  return `${LARGE_BYTES} bytes as a whole and in parts`;
}

async function removes({ stores, prefix }: StoreBench): Promise<string> {
  const keys = Array.from({ length: 5 }, (_, index) => `${prefix}${index}`);
  for (const key of keys) await stores[0].create(key, bytesOf('old'));
  await stores[0].remove([...keys, `${prefix}none`]);
  for (const key of keys) {
    demandEqual(await stores[1].get(key), undefined, 'content of a removed object');
    demandEqual(await stores[1].create(key, bytesOf('new')), 'created', 'create under a removed name');
    demandEqual(textOf(await stores[0].get(key)), 'new', 'content under a removed name');
  }
  return 'removed objects are gone at once, and their names are free';
}

/** A request whose answer was lost is sent again, until it is known what became of it. */
async function lostAnswers({ stores, hasty, prefix, runtime }: StoreBench): Promise<string> {
  let givenUp = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const key = `${prefix}${round}`;
    const first = await (hasty ?? stores[0]).create(key, bytesOf('mine')).catch(() => 'lost' as const);
    if (first === 'lost') givenUp++;
    const second = await created(stores[1], key, 'mine');
    demand(first !== 'created' || second === 'exists', () => `round ${round}: created twice`);
    demandEqual(
      await stores[0].create(key, bytesOf('other')),
      'exists',
      `round ${round}: another one's create afterwards`,
    );
  }
  if (givenUp > 0) await runtime.sleep(STRAGGLERS_MS);
  for (let round = 0; round < ROUNDS; round++) {
    demandEqual(textOf(await stores[0].get(`${prefix}${round}`)), 'mine', `round ${round}: content in the end`);
  }
  return `${ROUNDS} creates sent twice, ${givenUp} of them given up first: each object is there once, and stays as it is`;
}

async function clock({ stores, prefix, runtime }: StoreBench): Promise<Result | string> {
  await stores[0].create(`${prefix}now`, bytesOf('now'));
  const nowMs = runtime.nowMs();
  for await (const [object] of stores[1].list(prefix)) {
    const aheadMs = (object?.modifiedAtMs ?? 0) - nowMs;
    demandEqual(object?.byteLength, 3, 'size in a list');
    const text = `the store's clock is ${Math.round(aheadMs / 1_000)} s ahead of this machine's`;
    return Math.abs(aheadMs) <= CLOCK_TOLERANCE_MS ? text : differs(`${text}; clean-up and vacuum count ages by it`);
  }
  return differs('the list is empty');
}

export const STORE_NEEDS: readonly Need<StoreBench>[] = [
  {
    name: 'one-winner',
    statement: 'of many that create one object, one gets that answer, and its bytes are there',
    basis: 'documented',
    check: oneWinner,
  },
  {
    name: 'never-overwritten',
    statement: 'an object that exists is never created again',
    basis: 'documented',
    check: keepsFirst,
  },
  {
    name: 'lost-answers',
    statement: 'a create whose answer was lost can be sent again, and nothing else lands later',
    basis: 'inferred',
    check: lostAnswers,
  },
  {
    name: 'read-after-create',
    statement: 'a created object is read by every client at once, also if it was asked for before',
    basis: 'documented',
    check: readAfterCreate,
  },
  {
    name: 'list-after-create',
    statement: 'a created object is listed for every client at once',
    basis: 'documented',
    check: listAfterCreate,
  },
  {
    name: 'list-order',
    statement: 'lists are in the order of the keys, and begin after any key',
    basis: 'documented',
    check: listOrder,
  },
  {
    name: 'list-pages',
    statement: 'a list of several pages has every key once',
    basis: 'documented',
    check: listPages,
  },
  {
    name: 'replaced-at-once',
    statement: 'a replaced object is read by every client at once',
    basis: 'documented',
    check: replaces,
  },
  {
    name: 'whole-and-parts',
    statement: 'objects of some megabytes are read whole and in parts',
    basis: 'documented',
    check: parts,
  },
  {
    name: 'removed-at-once',
    statement: 'a removed object is gone for every client at once',
    basis: 'documented',
    check: removes,
  },
  {
    name: 'clock',
    statement: 'the store gives objects the time of their creation',
    basis: 'documented',
    check: clock,
  },
];
