import { expect, test } from 'vitest';
import { tokensOf } from './write-rpc-google.ts';

test("append calls carry the headers of the generated client's account", async () => {
  const asked: (string | URL | undefined)[] = [];
  const account = {
    getRequestHeaders: async (url?: string | URL) => {
      asked.push(url);
      return new Headers({ authorization: 'Bearer token', 'x-goog-user-project': 'payer' });
    },
  };
  const tokens = tokensOf({ getClient: async () => account as never });
  const metadata = await tokens.generateMetadata({
    service_url: 'https://bigquerystorage.googleapis.com/',
    method_name: 'AppendRows',
  });
  expect(metadata.getMap()).toEqual({ authorization: 'Bearer token', 'x-goog-user-project': 'payer' });
  expect(asked).toEqual(['https://bigquerystorage.googleapis.com/']);
});
