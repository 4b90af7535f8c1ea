import { expect, test } from 'vitest';
import { type Credentials, googleAccount, googleUniverse } from './google-account.ts';

const URL = 'https://bigquery.googleapis.com/x';
const credentials: Credentials = {
  getUniverseDomain: async () => 'googleapis.com',
  getRequestHeaders: async (url) => new Headers({ authorization: `Bearer for ${url}`, 'x-goog-user-project': 'payer' }),
};

test('calls carry the token and the payer, and the credentials are looked for once', async () => {
  let looks = 0;
  const headers = googleAccount('p', 'googleapis.com', async () => {
    looks += 1;
    return credentials;
  });
  const both = await Promise.all([headers(URL), headers(URL)]);
  expect(both[0]).toEqual({ authorization: `Bearer for ${URL}`, 'x-goog-user-project': 'payer' });
  expect(both[1]).toEqual(both[0]);
  expect(looks).toBe(1);
});

test('credentials that were not found are looked for again with the next call', async () => {
  let looks = 0;
  const headers = googleAccount('p', 'googleapis.com', async () => {
    looks += 1;
    if (looks === 1) throw new Error('Could not load the default credentials');
    return credentials;
  });
  await expect(headers(URL)).rejects.toThrow('Could not load');
  expect(await headers(URL)).toHaveProperty('authorization');
});

test("no token is shown to another cloud than the credentials'", async () => {
  const headers = googleAccount('p', 'sovereign.example', async () => ({
    ...credentials,
    getRequestHeaders: () => Promise.reject(new Error('asked for a token')),
  }));
  await expect(headers(URL)).rejects.toMatchObject({ name: 'ConfigurationError' });
});

test('the cloud is named by the environment, as for Google libraries', () => {
  expect(googleUniverse({})).toBe('googleapis.com');
  expect(googleUniverse({ GOOGLE_CLOUD_UNIVERSE_DOMAIN: 'sovereign.example' })).toBe('sovereign.example');
});
