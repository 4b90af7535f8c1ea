/**
 * Which files a Delta table consists of, read from its log for the lab's own queries: the commits in their order, from the first.
 * It shares nothing with the sink. A log whose beginning was cleaned up is an error: no world of the lab is that old.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** A table's folder as the lab reads it. */
export interface TableFolder {
  /** Names below a folder of the table, without it. */
  names(folder: string): Promise<readonly string[]>;
  text(name: string): Promise<string>;
  /** A local path of the file, which may be a copy. */
  local(name: string): Promise<string>;
}

export interface LoggedTable {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Relative to the table's folder. */
  readonly files: readonly string[];
}

interface Action {
  readonly add?: { readonly path: string };
  readonly remove?: { readonly path: string };
  readonly metaData?: { readonly schemaString: string };
}

/** Undefined: there is no such table. */
export async function loggedTable(folder: TableFolder): Promise<LoggedTable | undefined> {
  const names = (await folder.names('_delta_log')).filter((name) => /^\d{20}\.json$/.test(name)).sort();
  if (names.length === 0) return undefined;
  if (Number.parseInt(names[0]!, 10) !== 0)
    throw new Error(`the log begins at ${names[0]}: its first commits are gone`);
  const files = new Set<string>();
  let schemaString = '{"fields":[]}';
  for (const name of names) {
    for (const line of (await folder.text(`_delta_log/${name}`)).split('\n').filter(Boolean)) {
      const { add, remove, metaData } = JSON.parse(line) as Action;
      if (remove !== undefined) files.delete(decodeURIComponent(remove.path));
      if (add !== undefined) files.add(decodeURIComponent(add.path));
      if (metaData !== undefined) ({ schemaString } = metaData);
    }
  }
  const { fields } = JSON.parse(schemaString) as { fields: { name: string; type: string }[] };
  return { columns: fields.map(({ name, type }) => ({ name, type })), files: [...files] };
}

/** A table on a disk. */
export function diskFolder(folder: string): TableFolder {
  return {
    names: (below) => readdir(path.join(folder, below)).catch(() => []),
    text: (name) => readFile(path.join(folder, name), 'utf8'),
    local: async (name) => path.join(folder, name),
  };
}

/** A table in an S3-compatible store; what is read of its files is copied below `copies`, once: they never change. */
export async function s3Folder(
  location: string,
  env: Readonly<Record<string, string>>,
  copies: string,
): Promise<TableFolder> {
  const { S3Client, ListObjectsV2Command, GetObjectCommand } = await import('@aws-sdk/client-s3');
  const { bucket = '', prefix = '' } = /^s3:\/\/(?<bucket>[^/]+)\/(?<prefix>.*)$/.exec(location)?.groups ?? {};
  const { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region, AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = env;
  const client = new S3Client({
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(region === undefined ? {} : { region }),
    ...(id === undefined || secret === undefined ? {} : { credentials: { accessKeyId: id, secretAccessKey: secret } }),
  });
  const bytes = async (name: string): Promise<Uint8Array> => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: `${prefix}/${name}` }));
    return (await Body?.transformToByteArray()) ?? new Uint8Array();
  };
  return {
    async names(below) {
      const from = `${prefix}/${below}/`;
      const found: string[] = [];
      for (let token: string | undefined; ; ) {
        const page = await client.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: from,
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
        );
        for (const { Key } of page.Contents ?? []) if (Key !== undefined) found.push(Key.slice(from.length));
        token = page.NextContinuationToken;
        if (token === undefined) return found;
      }
    },
    text: async (name) => Buffer.from(await bytes(name)).toString('utf8'),
    async local(name) {
      const copy = path.join(copies, name);
      await mkdir(path.dirname(copy), { recursive: true });
      await writeFile(copy, await bytes(name));
      return copy;
    },
  };
}
