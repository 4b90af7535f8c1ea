/**
 * The bill of materials of the images: CycloneDX 1.5 from package-lock.json, on standard output (`npm run sbom`). Not
 * `npm sbom --omit dev`: npm 11 leaves out packages that a development dependency needs too, for example @grpc/grpc-js.
 * The same lock file gives the same document: it has no time and no serial number.
 */
import { readFileSync } from 'node:fs';

export interface LockedPackage {
  readonly name?: string;
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** By place: '' is the project, 'node_modules/a/node_modules/b' a package within another. */
export type LockedPackages = Readonly<Record<string, LockedPackage>>;

const MODULES = 'node_modules/';

/** Of every package that runs in production, those of other platforms included. Throws for a lock file that lacks one. */
export function billOfMaterials(packages: LockedPackages) {
  const places = Object.keys(packages).filter((place) => place !== '' && packages[place]!.dev !== true);
  const project = packages['']!;
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component: { 'bom-ref': 'provenonce', type: 'application', ...nameAndVersion('provenonce', project) } },
    components: places.map((place) => component(place, packages[place]!)),
    dependencies: ['', ...places].map((place) => ({
      ref: place === '' ? 'provenonce' : place,
      dependsOn: needsOf(place, packages),
    })),
  };
}

function component(place: string, locked: LockedPackage) {
  const name = locked.name ?? place.slice(place.lastIndexOf(MODULES) + MODULES.length);
  return {
    'bom-ref': place,
    type: 'library',
    ...nameAndVersion(name, locked),
    scope: locked.optional ? 'optional' : 'required',
    purl: `pkg:npm/${name.replace('@', '%40')}@${locked.version}`,
    ...(locked.license === undefined ? {} : { licenses: [{ expression: locked.license }] }),
    ...(locked.integrity === undefined ? {} : { hashes: [hashOf(locked.integrity)] }),
  };
}

function nameAndVersion(name: string, { version }: LockedPackage) {
  if (version === undefined) throw new Error(`package-lock.json gives no version of ${name}: run npm install`);
  return { name, version };
}

/** `sha512-BASE64`, npm's form. */
function hashOf(integrity: string) {
  const [algorithm, base64] = integrity.split(' ')[0]!.split('-', 2) as [string, string];
  return {
    alg: algorithm.toUpperCase().replace('SHA', 'SHA-'),
    content: Buffer.from(base64, 'base64').toString('hex'),
  };
}

/** Places of the packages that this one needs, in Node's order: its own folder first, then outwards. */
function needsOf(place: string, packages: LockedPackages): string[] {
  const { dependencies, optionalDependencies = {} } = packages[place]!;
  return Object.keys({ ...dependencies, ...optionalDependencies }).flatMap((name) => {
    const found = foldersFrom(place).find((folder) => `${folder}${MODULES}${name}` in packages);
    if (found !== undefined) return [`${found}${MODULES}${name}`];
    if (name in optionalDependencies) return [];
    throw new Error(`package-lock.json has no ${name}, which ${place || 'the project'} needs: run npm install`);
  });
}

function foldersFrom(place: string): string[] {
  const folders: string[] = [];
  for (let at = place; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf(`/${MODULES}`)))) folders.push(`${at}/`);
  return [...folders, ''];
}

if (import.meta.main) {
  const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')) as {
    packages: LockedPackages;
  };
  process.stdout.write(`${JSON.stringify(billOfMaterials(lock.packages), null, 2)}\n`);
}
