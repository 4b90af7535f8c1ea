/**
 * Tokens for OAUTHBEARER from one of two sources: a file that another program keeps fresh (a projected service account
 * token, an agent beside the process), or the client credentials grant of OAuth 2.0 (RFC 6749, 4.4). A requested token
 * is reused until a tenth of its life, at least ten seconds, is left. No message contains a token.
 */
import * as oauth from 'oauth4webapi';
import { ConfigurationError } from '../../base/errors.ts';
import type { Runtime } from '../../base/runtime.ts';

/**
 * Resolves with a token that is valid for a while. ConfigurationError: a retry does not help; any other error may pass.
 */
export type TokenSource = () => Promise<string>;

const REQUEST_LIMIT_MS = 10_000;
const LEAST_LEFT_MS = 10_000;
/** Used if the answer does not say how long the token is valid. */
const ASSUMED_LIFETIME_MS = 60_000;

/** `readFile` returns the file's text. */
export function tokenFromFile(file: string, readFile: (path: string) => string): TokenSource {
  return async () => {
    let text: string;
    try {
      text = readFile(file).trim();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new ConfigurationError([`KAFKA_SASL_OAUTH_TOKEN_FILE ${file} cannot be read: ${why}`]);
    }
    if (/^[\w.~+/=-]+$/.test(text)) return text;
    throw new ConfigurationError([
      `KAFKA_SASL_OAUTH_TOKEN_FILE ${file}: ${text === '' ? 'is empty' : 'does not hold exactly one bearer token'}`,
    ]);
  };
}

export interface ClientCredentials {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string | undefined;
}

export function tokenByClientCredentials(credentials: ClientCredentials, runtime: Pick<Runtime, 'nowMs'>): TokenSource {
  let held: { readonly token: string; readonly untilMs: number } | undefined;
  let asking: Promise<string> | undefined;
  const ask = async () => {
    const { access_token: token, expires_in: lifetimeS } = await requestToken(credentials);
    const lifetimeMs = lifetimeS === undefined ? ASSUMED_LIFETIME_MS : lifetimeS * 1_000;
    held = { token, untilMs: runtime.nowMs() + lifetimeMs - Math.max(LEAST_LEFT_MS, lifetimeMs / 10) };
    return token;
  };
  return async () => {
    if (held !== undefined && runtime.nowMs() < held.untilMs) return held.token;
    // Connections open concurrently: they share one request.
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return await asking;
  };
}

async function requestToken({ tokenUrl, clientId, clientSecret, scope }: ClientCredentials) {
  const server = { issuer: new URL(tokenUrl).origin, token_endpoint: tokenUrl };
  const client = { client_id: clientId };
  const parameters = new URLSearchParams(scope === undefined ? {} : { scope });
  try {
    const response = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      oauth.ClientSecretBasic(clientSecret),
      parameters,
      // The setting allows http on this machine only.
      { [oauth.allowInsecureRequests]: tokenUrl.startsWith('http:'), signal: AbortSignal.timeout(REQUEST_LIMIT_MS) },
    );
    return await oauth.processClientCredentialsResponse(server, client, response);
  } catch (error) {
    throw refusedClient(error, tokenUrl) ?? new Error(`token of ${tokenUrl}: ${describe(error)}`, { cause: error });
  }
}

/** The server rejected the client: an answer of 4xx other than 408 and 429. */
function refusedClient(error: unknown, tokenUrl: string): ConfigurationError | undefined {
  const refused =
    error instanceof oauth.ResponseBodyError || error instanceof oauth.WWWAuthenticateChallengeError
      ? error
      : undefined;
  if (refused === undefined || refused.status >= 500 || [408, 429].includes(refused.status)) return undefined;
  return new ConfigurationError([
    `KAFKA_SASL_OAUTH_TOKEN_URL ${tokenUrl} refused the client (${refused.status}, ${describe(error)}): check ` +
      'KAFKA_SASL_OAUTH_CLIENT_ID, its secret and the scope',
  ]);
}

function describe(error: unknown): string {
  if (error instanceof oauth.ResponseBodyError) {
    return [error.error, error.error_description].filter((part) => part !== undefined).join(': ');
  }
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error instanceof Error ? error.message : String(error)}${cause}`;
}
