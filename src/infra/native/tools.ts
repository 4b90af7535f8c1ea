/**
 * Finds the programs that infra can use on this machine. Each check runs the program once (a name on PATH proves
 * little: a version manager's shim may refuse to run), is bounded, and never throws.
 */
import { execa } from 'execa';

const LOOK_LIMIT_MS = 15_000;
const PYTHON_NAMES = ['python3.13', 'python3.12', 'python3.11', 'python3', 'python'];
export const JAVA_MAJOR_LEAST = 17;
export const PYTHON_MINOR_LEAST = 11;

export interface FoundTool {
  readonly command: string;
  readonly version: string;
}

/** What was found, and whether it is sufficient; `problem` says why not. */
export interface ToolLook {
  readonly usable: FoundTool | undefined;
  readonly problem: string | undefined;
}

/** Output of a short command; undefined if it is missing, fails or hangs. */
async function output(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const result = await execa(command, args, {
    env,
    extendEnv: false,
    timeout: LOOK_LIMIT_MS,
    reject: false,
    all: true,
  });
  return result.failed ? undefined : result.all;
}

export async function findJava(env: NodeJS.ProcessEnv): Promise<ToolLook> {
  const candidates = env.JAVA_HOME ? [`${env.JAVA_HOME}/bin/java`, 'java'] : ['java'];
  let problem = 'no Java runtime was found (neither in JAVA_HOME nor on PATH)';
  for (const command of candidates) {
    const version = /version "([^"]+)"/.exec((await output(command, ['-version'], env)) ?? '')?.[1];
    if (version === undefined) continue;
    if (Number.parseInt(version, 10) >= JAVA_MAJOR_LEAST) return { usable: { command, version }, problem: undefined };
    problem = `Java ${version} is too old: the Kafka broker needs ${JAVA_MAJOR_LEAST} or newer`;
  }
  return { usable: undefined, problem };
}

export async function findMaven(env: NodeJS.ProcessEnv): Promise<ToolLook> {
  const version = /Apache Maven (\S+)/.exec((await output('mvn', ['-v', '-B'], env)) ?? '')?.[1];
  if (version === undefined) return { usable: undefined, problem: 'no mvn was found on PATH' };
  return { usable: { command: 'mvn', version }, problem: undefined };
}

/** The command is the interpreter's own path, behind any shim. */
export async function findPython(env: NodeJS.ProcessEnv): Promise<ToolLook> {
  const look = 'import sys, venv, ensurepip; print(sys.executable, "%d.%d.%d" % sys.version_info[:3], sep="\\n")';
  let problem = 'no Python was found on PATH';
  for (const name of PYTHON_NAMES) {
    const [command, version] = ((await output(name, ['-c', look], env)) ?? '').trim().split('\n');
    if (!command || !version) {
      const bare = /Python (\S+)/.exec((await output(name, ['--version'], env)) ?? '')?.[1];
      if (bare) problem = `Python ${bare} (${name}) lacks its venv and ensurepip modules`;
      continue;
    }
    const [major, minor] = version.split('.').map(Number);
    if (major === 3 && minor! >= PYTHON_MINOR_LEAST) return { usable: { command, version }, problem: undefined };
    problem = `Python ${version} is too old: the BigQuery emulator needs 3.${PYTHON_MINOR_LEAST} or newer`;
  }
  return { usable: undefined, problem };
}

/** Usable: the command exists and a daemon answers. */
export async function findDocker(env: NodeJS.ProcessEnv): Promise<ToolLook> {
  const client = await output('docker', ['--version'], env);
  if (client === undefined) return { usable: undefined, problem: 'no docker command was found on PATH' };
  const server = await output('docker', ['version', '--format', '{{.Server.Version}}'], env);
  if (server === undefined)
    return { usable: undefined, problem: 'the docker command is there, but no daemon answers it' };
  return { usable: { command: 'docker', version: server.trim() }, problem: undefined };
}

export async function hasImage(image: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  return (await output('docker', ['image', 'inspect', '--format', '{{.Id}}', image], env)) !== undefined;
}
