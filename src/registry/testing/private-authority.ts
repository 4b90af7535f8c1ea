/**
 * A certificate authority of a test, and the certificates that it signs: X.509 in DER, written by hand. Keys are P-256, and live as long
 * as the test.
 */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface ServerCertificate {
  /** PEM, for an HTTPS server. */
  readonly cert: string;
  readonly key: string;
}

export interface CertificateOptions {
  /** IPv4 addresses that it is for. Default: 127.0.0.1. */
  readonly addresses?: readonly string[];
  /** The end of its life. Default: in a day. */
  readonly notAfter?: Date;
}

const DAY_MS = 86_400_000;
const OIDS = {
  commonName: [0x55, 0x04, 0x03],
  basicConstraints: [0x55, 0x1d, 0x13],
  subjectAltName: [0x55, 0x1d, 0x11],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
} as const;

export class PrivateAuthority {
  /** PEM of the authority itself: what a client is to trust. */
  readonly ca: string;
  readonly #name: string;
  readonly #key: KeyObject;
  #serial = 1;

  constructor(name: string) {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#name = name;
    this.#key = privateKey;
    const isAuthority = sequence(boolean(true));
    this.ca = this.#certificate(name, publicKey, extension('basicConstraints', isAuthority, true), inMs(DAY_MS));
  }

  issue({ addresses = ['127.0.0.1'], notAfter = inMs(DAY_MS) }: CertificateOptions = {}): ServerCertificate {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const names = addresses.map((address) => der(0x87, Buffer.from(address.split('.').map(Number))));
    const cert = this.#certificate('registry', publicKey, extension('subjectAltName', sequence(...names)), notAfter);
    return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
  }

  #certificate(subject: string, publicKey: KeyObject, extensions: Buffer, notAfter: Date): string {
    const algorithm = sequence(oid('ecdsaWithSha256'));
    this.#serial += 1;
    const signed = sequence(
      der(0xa0, der(0x02, Buffer.from([2]))),
      der(0x02, Buffer.from([this.#serial])),
      algorithm,
      distinguishedName(this.#name),
      sequence(time(inMs(-2 * DAY_MS)), time(notAfter)),
      distinguishedName(subject),
      publicKey.export({ type: 'spki', format: 'der' }),
      der(0xa3, sequence(extensions)),
    );
    const whole = sequence(signed, algorithm, bits(sign('sha256', signed, this.#key)));
    const lines = whole.toString('base64').match(/.{1,64}/g)!;
    return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
  }
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return der(0x30, ...parts);
}

function oid(name: keyof typeof OIDS): Buffer {
  return der(0x06, Buffer.from(OIDS[name]));
}

function boolean(value: boolean): Buffer {
  return der(0x01, Buffer.from([value ? 0xff : 0]));
}

function bits(bytes: Uint8Array): Buffer {
  return der(0x03, Buffer.from([0]), bytes);
}

function distinguishedName(name: string): Buffer {
  return sequence(der(0x31, sequence(oid('commonName'), der(0x0c, Buffer.from(name)))));
}

function extension(name: keyof typeof OIDS, value: Buffer, isCritical = false): Buffer {
  return sequence(oid(name), ...(isCritical ? [boolean(true)] : []), der(0x04, value));
}

/** UTCTime. */
function time(date: Date): Buffer {
  return der(0x17, Buffer.from(`${date.toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`));
}

function inMs(ms: number): Date {
  return new Date(Date.now() + ms);
}
