/** What the service may do otherwise than the emulator, where it conforms all the same. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { APPEND_NEEDS } from './append-needs.ts';
import { FENCE_NEEDS } from './fence-needs.ts';
import { type Manners, TheService } from './testing/as-the-service.ts';
import { LyingEndpoint } from './testing/lying-endpoint.ts';

const NEEDS_OF_STREAMS = [...APPEND_NEEDS, ...FENCE_NEEDS].map(({ name }) => name);

let endpoint: LyingEndpoint;

beforeAll(async () => {
  endpoint = await LyingEndpoint.open();
});
afterAll(() => endpoint?.close());

describe('a healthy service conforms', () => {
  const differing = async (manners: Manners): Promise<string[]> => {
    const service = new TheService(manners);
    const report = await endpoint.tried({ only: NEEDS_OF_STREAMS }, { rpc: (rpc) => service.wrap(rpc) });
    expect(report.needs.filter(({ state }) => state === 'fails' || state === 'untried')).toEqual([]);
    expect(report.needs).toHaveLength(NEEDS_OF_STREAMS.length);
    return report.needs.filter(({ state }) => state === 'differs').map(({ name }) => name);
  };
  // An event time twenty years ahead is the emulator's difference.
  const ALWAYS = ['refused-content', 'unknown-stream'];

  test('that knows no malformed id, allows one connection for each stream, and finds new streams after a while only', async () => {
    expect(await differing({ notFoundFirst: 2 })).toEqual(ALWAYS);
  });

  test('that refuses a second finalize by its storage error, and cuts a connection now and then', async () => {
    expect(await differing({ finalizeAgain: 'storage_error', cutEvery: 9 })).toEqual([
      ...ALWAYS,
      'finalize-repeatable',
    ]);
  });

  test('that refuses a second finalize without a word of why', async () => {
    expect(await differing({ finalizeAgain: 'silent' })).toEqual([...ALWAYS, 'finalize-repeatable']);
  });
});
