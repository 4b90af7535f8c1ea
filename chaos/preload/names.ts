/**
 * Loaded before a processor whose names are to be troubled: lookups of names (not of addresses) come late or fail while its
 * names file says so. Everything that connects in this project asks node:dns, by callback or by promise. Each lookup that was
 * troubled is a line on standard error, so that the lab can count them.
 */

import { readFileSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { isIP } from 'node:net';
import { type NamesTrouble, namesFile } from './names-file.ts';

type Callback = (error: NodeJS.ErrnoException | null, ...answer: unknown[]) => void;
type Lookup = (name: string, ...rest: unknown[]) => void;

const file = namesFile(process.env.CHECKPOINT_LOCATION ?? '');
// As CommonJS sees it: what is put there, everybody gets.
const dns = createRequire(import.meta.url)('node:dns') as {
  lookup: Lookup;
  promises: { lookup: (name: string, ...rest: unknown[]) => Promise<unknown> };
};

function troubleOf(name: string): NamesTrouble {
  if (isIP(name) !== 0) return {};
  let said: string;
  try {
    said = readFileSync(file, 'utf8');
  } catch {
    return {};
  }
  if (said === '') return {}; // it is being written
  const trouble = JSON.parse(said) as NamesTrouble;
  process.stderr.write(`chaos: name ${name} is troubled: ${said}\n`);
  return trouble;
}

function failure(name: string, code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`getaddrinfo ${code} ${name}`), { code, syscall: 'getaddrinfo', hostname: name });
}

const lookup = dns.lookup;
dns.lookup = (name, ...rest) => {
  const { delayMs = 0, error } = troubleOf(name);
  if (delayMs === 0 && error === undefined) return lookup(name, ...rest);
  const answer = rest.at(-1) as Callback;
  setTimeout(() => (error === undefined ? lookup(name, ...rest) : answer(failure(name, error))), delayMs);
};

const lookupLater = dns.promises.lookup;
dns.promises.lookup = async (name, ...rest) => {
  const { delayMs = 0, error } = troubleOf(name);
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  if (error !== undefined) throw failure(name, error);
  return lookupLater(name, ...rest);
};
syncBuiltinESMExports();
