/**
 * SASL OAUTHBEARER (RFC 7628) for kafkajs, by its hook for mechanisms. kafkajs's own version takes every answer for
 * acceptance: a broker that refuses a token says so in an answer without an error code and then closes the connection,
 * so a wrong token would look like a network failure.
 */
import kafkajs, { type Mechanism } from 'kafkajs';
import type { TokenSource } from './oauth-token.ts';

/** Between the parts of the message (RFC 7628, section 3.1). */
const SEPARATOR = '\u0001';
const LENGTH_BYTES = 4;

export function oauthBearer(token: TokenSource): Mechanism {
  return {
    mechanism: 'oauthbearer',
    authenticationProvider: ({ host, port, saslAuthenticate }) => ({
      authenticate: async () => {
        const request = clientResponse(await token());
        const refusal = await saslAuthenticate<string | undefined>({
          request: { encode: () => request },
          response: { decode: (answer) => answer.subarray(LENGTH_BYTES), parse: refusalIn },
        });
        if (typeof refusal !== 'string') return;
        // The types of kafkajs's own error class do not accept a message.
        throw Object.assign(
          new kafkajs.KafkaJSError(
            `SASL OAUTHBEARER authentication failed at ${host}:${port}: the token was refused (${refusal})`,
            { retriable: false },
          ),
          { name: 'KafkaJSSASLAuthenticationError' },
        );
      },
    }),
  };
}

/** The client's initial response, with its length in front as kafkajs expects it. */
export function clientResponse(token: string): Buffer {
  const message = Buffer.from(`n,,${SEPARATOR}auth=Bearer ${token}${SEPARATOR}${SEPARATOR}`);
  const framed = Buffer.alloc(LENGTH_BYTES + message.length);
  framed.writeInt32BE(message.length);
  message.copy(framed, LENGTH_BYTES);
  return framed;
}

/** An empty answer is acceptance; a refusal is JSON with a status (RFC 7628, section 3.2.2). */
export function refusalIn(answer: Buffer): string | undefined {
  if (answer.length === 0) return undefined;
  try {
    const { status } = JSON.parse(answer.toString()) as { readonly status?: unknown };
    return typeof status === 'string' ? status : 'no status';
  } catch {
    return 'an answer that is not JSON';
  }
}
