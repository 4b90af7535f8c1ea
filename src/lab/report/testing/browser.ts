/** Chromium for tests of the page: found on this machine, started without a network. Fails, and never skips, where there is none. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** PROVENONCE_CHROMIUM names it where it is not on the path. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium(), args: FLAGS });
}

function findChromium(): string {
  const named = process.env.PROVENONCE_CHROMIUM;
  if (named !== undefined && existsSync(named)) return named;
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const found = folders
    .flatMap((folder) => NAMES.map((name) => path.join(folder, name)))
    .find((file) => existsSync(file));
  if (named === undefined && found !== undefined) return found;
  const why =
    named === undefined
      ? `none of ${NAMES.join(', ')} is on the path`
      : `PROVENONCE_CHROMIUM is ${named}, which is not there`;
  throw new Error(`no Chromium for the tests of the page: ${why}. Debian has it as the package chromium.`);
}
