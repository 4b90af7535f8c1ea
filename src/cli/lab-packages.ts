/**
 * The packages that the lab, the demo and the local parts need besides those of the processor: optional peers of the package
 * `provenonce`, so that an installation that only processes and verifies goes without them. A command that lacks one says
 * which, and how to install it.
 */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { ConfigurationError } from '../base/errors.ts';

/** Commands that load them. */
const NEEDED_BY: readonly string[] = ['lab', 'demo', 'doctor', 'conformance'];
/** Loaded only where parts run in Docker, which names it then (src/infra/docker). */
const WHERE_DOCKER_IS = 'testcontainers';

/** Missing packages as `npm install` takes them; empty where the command has what it needs. */
export function missingPackages(command: string, isThere: (name: string) => boolean = isInstalled): string[] {
  if (!NEEDED_BY.includes(command)) return [];
  return Object.entries(peerVersions())
    .filter(([name]) => name !== WHERE_DOCKER_IS && !isThere(name))
    .map(([name, version]) => `${name}@${version}`);
}

/** In the place of a command whose packages are missing: help lists it, and running it says what to install. */
export function addWithoutPackages(program: Command, command: string, missing: readonly string[]): void {
  program
    .command(command)
    .description(`needs packages that are not installed: npm install ${missing.join(' ')}`)
    .allowUnknownOption()
    .helpOption(false)
    .argument('[words...]')
    .action(() => {
      throw new ConfigurationError([
        `provenonce ${command} needs packages that are not installed. Install them with: npm install ${missing.join(' ')}`,
      ]);
    });
}

function peerVersions(): Readonly<Record<string, string>> {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { peerDependencies: Record<string, string> }).peerDependencies;
}

function isInstalled(name: string): boolean {
  try {
    import.meta.resolve(name);
    return true;
  } catch {
    return false;
  }
}
