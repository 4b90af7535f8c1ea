import { expect, test } from 'vitest';
import { tokensOf } from './write-rpc-google.ts';

test("calls carry the headers of the account, for the service's address", async () => {
  const asked: string[] = [];
  const tokens = tokensOf(async (url) => {
    asked.push(url);
    return { authorization: 'Bearer token', 'x-goog-user-project': 'payer' };
  });
  const metadata = await tokens.generateMetadata({
    service_url: 'https://bigquerystorage.googleapis.com/',
    method_name: 'AppendRows',
  });
  expect(metadata.getMap()).toEqual({ authorization: 'Bearer token', 'x-goog-user-project': 'payer' });
  expect(asked).toEqual(['https://bigquerystorage.googleapis.com/']);
});
