/**
 * A native broker that accepts only SASL_SSL, to test the clients: its own certificate, the mechanisms PLAIN,
 * SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER with tokens that are signed and checked, and credentials that expire
 * soon, so that clients must authenticate again while they work. Everything is made anew for each start.
 */
import { createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { execa } from 'execa';
import { obtainBrokerSoftware } from './native/native.ts';
import { nativeBroker } from './native/native-broker.ts';
import type { FoundTool } from './native/tools.ts';
import { reservePorts } from './ports.ts';
import { Reaper } from './reaper/reaper.ts';
import type { PartControl } from './types.ts';

const ISSUER = 'https://issuer.invalid';
const AUDIENCE = 'kafka';
const KEY_ID = 'k1';
const STORE_PASSWORD_BYTES = 12;
const LISTENER = 'listener.name.sasl_ssl';

export interface SecuredBroker extends AsyncDisposable {
  /** host:port. */
  readonly bootstrapServers: string;
  /** PEM of the authority to trust. */
  readonly caFile: string;
  /** PEM of an authority that this broker does not use. */
  readonly strangersCaFile: string;
  /** Known to PLAIN and both SCRAM mechanisms. */
  readonly username: string;
  readonly password: string;
  /** A signed token (JWT) for OAUTHBEARER, valid for `lifetimeS`. */
  token(lifetimeS?: number): string;
  readonly broker: PartControl;
}

/**
 * `reauthenticateMs`: how long a connection may use its credentials. Throws InfraUnavailableError without Java, and the
 * error of the broker's start.
 */
export async function startSecuredBroker(
  options: { readonly reauthenticateMs?: number; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<SecuredBroker> {
  const env = options.env ?? process.env;
  const software = await obtainBrokerSoftware(env, () => {});
  const ports = await reservePorts();
  const reaper = new Reaper();
  const end = async () => {
    await reaper.end();
    ports.release();
  };
  try {
    const data = await mkdtemp(join(tmpdir(), 'provenonce-secured-'));
    await reaper.removeAtEnd(data);
    const username = 'payments';
    const password = randomBytes(12).toString('hex');
    const [own, stranger] = await Promise.all([
      makeCertificate(software.java, data, 'broker'),
      makeCertificate(software.java, data, 'stranger'),
    ]);
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const keySet = join(data, 'jwks.json');
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: KEY_ID, alg: 'RS256', use: 'sig' };
    await writeFile(keySet, JSON.stringify({ keys: [jwk] }));
    const broker = await nativeBroker({
      ...software,
      reaper,
      ports,
      data,
      env,
      settings: {
        ...listeners(ports),
        ...certificate(own),
        ...mechanisms(username, password, keySet),
        ...(options.reauthenticateMs === undefined
          ? {}
          : { 'connections.max.reauth.ms': String(options.reauthenticateMs) }),
      },
      formatArgs: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
        '--add-scram',
        `${mechanism}=[name=${username},password=${password}]`,
      ]),
      jvmArgs: [`-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=file://${keySet}`],
      probe: (signal) => connects(ports.kafka, signal),
    });
    await broker.start();
    return {
      bootstrapServers: `127.0.0.1:${ports.kafka}`,
      caFile: own.pemFile,
      strangersCaFile: stranger.pemFile,
      username,
      password,
      token: (lifetimeS = 300) => signToken(privateKey, username, lifetimeS),
      broker,
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Clients connect by SASL_SSL only; the broker connects to itself on a plaintext listener of the loopback. */
function listeners(ports: { readonly kafka: number; readonly kafkaController: number; readonly grpc: number }) {
  const [secured, internal] = [`SASL_SSL://127.0.0.1:${ports.kafka}`, `INTERNAL://127.0.0.1:${ports.grpc}`];
  return {
    listeners: `${secured},${internal},CONTROLLER://127.0.0.1:${ports.kafkaController}`,
    'advertised.listeners': `${secured},${internal}`,
    'inter.broker.listener.name': 'INTERNAL',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT,SASL_SSL:SASL_SSL',
  };
}

interface Certificate {
  readonly storeFile: string;
  readonly storePassword: string;
  readonly pemFile: string;
}

function certificate({ storeFile, storePassword }: Certificate) {
  return {
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.location': storeFile,
    'ssl.keystore.password': storePassword,
  };
}

function mechanisms(username: string, password: string, keySet: string) {
  const login = 'org.apache.kafka.common.security';
  const scram = `${login}.scram.ScramLoginModule required;`;
  return {
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    [`${LISTENER}.plain.sasl.jaas.config`]: `${login}.plain.PlainLoginModule required user_${username}="${password}";`,
    [`${LISTENER}.scram-sha-256.sasl.jaas.config`]: scram,
    [`${LISTENER}.scram-sha-512.sasl.jaas.config`]: scram,
    [`${LISTENER}.oauthbearer.sasl.jaas.config`]: `${login}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
    [`${LISTENER}.oauthbearer.sasl.server.callback.handler.class`]: `${login}.oauthbearer.OAuthBearerValidatorCallbackHandler`,
    [`${LISTENER}.oauthbearer.sasl.oauthbearer.jwks.endpoint.url`]: `file://${keySet}`,
    [`${LISTENER}.oauthbearer.sasl.oauthbearer.expected.issuer`]: ISSUER,
    [`${LISTENER}.oauthbearer.sasl.oauthbearer.expected.audience`]: AUDIENCE,
  };
}

/** Self-signed, for 127.0.0.1. keytool comes with every JRE. */
async function makeCertificate(java: FoundTool, directory: string, name: string): Promise<Certificate> {
  const keytool = isAbsolute(java.command) ? join(dirname(java.command), 'keytool') : 'keytool';
  const storeFile = join(directory, `${name}.p12`);
  const pemFile = join(directory, `${name}.pem`);
  const storePassword = randomBytes(STORE_PASSWORD_BYTES).toString('hex');
  const store = ['-keystore', storeFile, '-storetype', 'PKCS12', '-storepass', storePassword, '-alias', name];
  const limits = { timeout: 60_000, cwd: directory };
  await execa(
    keytool,
    ['-genkeypair', ...store, '-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '2'].concat([
      '-dname',
      `CN=${name}`,
      '-ext',
      'SAN=IP:127.0.0.1',
      '-ext',
      'BC=ca:true',
    ]),
    limits,
  );
  await execa(keytool, ['-exportcert', '-rfc', ...store, '-file', pemFile], limits);
  return { storeFile, storePassword, pemFile };
}

/** A JSON Web Token (RFC 7519), RS256. */
function signToken(key: KeyObject, subject: string, lifetimeS: number): string {
  const nowS = Math.floor(Date.now() / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: ISSUER, aud: AUDIENCE, sub: subject, iat: nowS, exp: nowS + lifetimeS };
  const signed = `${part({ alg: 'RS256', typ: 'JWT', kid: KEY_ID })}.${part(claims)}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(key, 'base64url')}`;
}

/** The port accepts a connection; the tests find out whether a client gets in. */
function connects(port: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, signal });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}
