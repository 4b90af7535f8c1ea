/**
 * Asks a schema registry with Confluent's API (Apicurio has it at /apis/ccompat/v7) for a schema by its id, and for all that it refers
 * to. Source: docs.confluent.io, Schema Registry API.
 *
 * Invariant: only the registry's own answer "no such schema" means that it does not know an id. Any other failure means that it gave
 * no answer: a wrong address or a proxy must not make a schema unknown.
 */
import { z } from 'zod';
import { SchemaProblem, type SchemaReference, type SchemaSource } from '../payments/event/schema/event-schema.ts';
import { MAX_REFERENCES, MAX_SCHEMA_BYTES } from '../payments/event/schema/stored-schema.ts';
import type { SchemaRegistry } from '../processor/ports.ts';
import { getJson, type JsonAnswer } from './https-json.ts';

export interface RegistryOptions {
  readonly url: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly ca?: string | undefined;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;
/** A schema of the greatest size, escaped as JSON. */
const MAX_ANSWER_BYTES = 4 * MAX_SCHEMA_BYTES;
/** `error_code` of an answer 404: no such schema. */
const SCHEMA_NOT_FOUND = 40403;

const referenceShape = z.object({ name: z.string(), subject: z.string(), version: z.int() });
const schemaShape = z.object({
  schema: z.string(),
  schemaType: z.string().nullish(),
  references: z.array(referenceShape).nullish(),
});
type SchemaAnswer = z.infer<typeof schemaShape>;
type Reference = z.infer<typeof referenceShape>;

const KINDS: Readonly<Record<string, SchemaSource['kind']>> = { AVRO: 'avro', PROTOBUF: 'protobuf' };

export class ConfluentRegistry implements SchemaRegistry {
  readonly name: string;
  readonly #base: string;
  readonly #options: RegistryOptions;

  /** The URL has no credentials in it. */
  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#base = options.url.replace(/\/+$/, '');
    this.name = `the schema registry ${this.#base}`;
  }

  async schema(id: number, signal: AbortSignal): Promise<SchemaSource | undefined> {
    const answer = await this.#get(`/schemas/ids/${id}`, signal);
    if (answer.status === 404 && errorCode(answer) === SCHEMA_NOT_FOUND) return undefined;
    const { schema: text, schemaType, references } = this.#schemaIn(answer);
    const kind = KINDS[schemaType ?? 'AVRO'];
    if (kind === undefined) throw new SchemaProblem(`it is of the format ${schemaType}`);
    const found = new References((reference) => this.#referred(reference, signal));
    await found.add(references ?? []);
    return { kind, text, references: found.all };
  }

  async #referred({ subject, version }: Reference, signal: AbortSignal): Promise<SchemaAnswer> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`;
    return this.#schemaIn(await this.#get(path, signal));
  }

  #get(path: string, signal: AbortSignal): Promise<JsonAnswer> {
    const { user, password, ca, timeoutMs = TIMEOUT_MS } = this.#options;
    const auth = user === undefined ? undefined : `${user}:${password ?? ''}`;
    return getJson(new URL(this.#base + path), { auth, ca, timeoutMs, maxBytes: MAX_ANSWER_BYTES }, signal);
  }

  #schemaIn(answer: JsonAnswer): SchemaAnswer {
    const { status } = answer;
    if (status === 401 || status === 403) throw new Error(`${this.name} refuses the credentials (${status})`);
    if (status !== 200) {
      const { message } = (answer.body ?? {}) as { message?: unknown };
      const said = typeof message === 'string' ? `: ${message.slice(0, 300)}` : '';
      throw new Error(`${this.name} answers ${status}${said}`);
    }
    const read = schemaShape.safeParse(answer.body);
    if (!read.success)
      throw new Error(`${this.name} answers with something else than a schema: check SCHEMA_REGISTRY_URL`);
    return read.data;
  }
}

function errorCode({ body }: JsonAnswer): unknown {
  return (body as { error_code?: unknown } | undefined)?.error_code;
}

/** References of a schema, each behind those that it has itself. */
class References {
  readonly all: SchemaReference[] = [];
  readonly #ask: (reference: Reference) => Promise<SchemaAnswer>;
  readonly #asked = new Map<string, Reference>();
  #byteLength = 0;

  constructor(ask: (reference: Reference) => Promise<SchemaAnswer>) {
    this.#ask = ask;
  }

  async add(references: readonly Reference[]): Promise<void> {
    for (const reference of references) {
      const { name, subject, version } = reference;
      const known = this.#asked.get(name);
      if (known !== undefined) {
        if (known.subject === subject && known.version === version) continue;
        throw new SchemaProblem(`its reference ${name} is version ${version} of ${subject}, and also another schema`);
      }
      this.#asked.set(name, reference);
      if (this.#asked.size > MAX_REFERENCES) throw new SchemaProblem(`it has over ${MAX_REFERENCES} references`);
      const answer = await this.#ask(reference);
      this.#byteLength += Buffer.byteLength(answer.schema);
      if (this.#byteLength > MAX_SCHEMA_BYTES)
        throw new SchemaProblem(`its references have over ${MAX_SCHEMA_BYTES} bytes`);
      await this.add(answer.references ?? []);
      this.all.push({ name, text: answer.schema });
    }
  }
}
