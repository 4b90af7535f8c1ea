/** A doctor's report in words: one line per thing that was checked, and how to get each missing one. */
import { type DoctorReport, FREE_BYTES_LEAST, NODE_MAJOR_LEAST } from './doctor.ts';
import { JAVA_MAJOR_LEAST, PYTHON_MINOR_LEAST, type ToolLook } from './native/tools.ts';

const GIB = 1024 ** 3;
const EXTERNAL =
  'KAFKA_BOOTSTRAP_SERVERS, BIGQUERY_EMULATOR_HOST and BIGQUERY_STORAGE_EMULATOR_HOST (host:port each) of parts that are already running';
const EXTERNAL_BROKER = 'KAFKA_BOOTSTRAP_SERVERS (host:port) of a broker that is already running';

/** The whole report, one line per thing. */
export function renderDoctor(report: DoctorReport): string {
  const { node, docker, cache } = report;
  const lines = [
    line(
      node.ok,
      'Node',
      node.ok ? node.version : `${node.version}: ${NODE_MAJOR_LEAST} or newer is needed; npm ci installs it`,
    ),
    tool('Docker', docker),
    ...docker.images.map((image) =>
      line(
        image.present,
        '  image',
        `${image.name}${image.present ? '' : ' is not on this machine; a start will pull it'}`,
      ),
    ),
    tool('Java', report.java),
    tool('Maven', report.maven),
    tool('Python', report.python),
    line(cache.kafka, 'Kafka broker', cache.kafka ? 'cached' : 'not cached; a native start fetches it (43 MB)'),
    line(cache.emulator, 'emulator', cache.emulator ? 'cached' : 'not cached; a native start installs it (440 MB)'),
    line(enoughSpace(report), 'cache', `${cache.directory}${freeText(cache.freeBytes)}`),
    '',
    report.auto
      ? `Real runs are possible here; \`auto\` takes ${report.auto}${report.ways.docker === 'if images can be pulled' ? ' if its images can be pulled' : ''}${fallback(report)}.`
      : 'Real runs are not possible here.',
  ];
  if (report.auto === undefined && report.autoBroker !== undefined)
    lines.push(`With SINK=delta they are: a broker is enough, and \`auto\` takes ${report.autoBroker}.`);
  const missing = report.auto === undefined ? ['', renderMissing(report)] : [];
  return [...lines, ...missing].join('\n');
}

/** How to make real runs possible: one of the three ways, each with what it lacks. Without an emulator Python is not needed. */
export function renderMissing(report: DoctorReport, { emulator = true }: { readonly emulator?: boolean } = {}): string {
  const native: string[] = [];
  if (!report.java.usable) {
    native.push(
      `Java ${JAVA_MAJOR_LEAST} or newer: ${report.java.problem}; install a JRE (Debian, Ubuntu: apt-get install default-jre-headless)`,
    );
  }
  if (emulator && !report.python.usable) {
    native.push(
      `Python 3.${PYTHON_MINOR_LEAST} or newer: ${report.python.problem}; install it with its venv module (Debian, Ubuntu: apt-get install python3 python3-venv)`,
    );
  }
  if (!report.cache.kafka && !report.maven.usable && !report.mavenRepositoryUrl) {
    native.push(
      'Maven, to fetch the broker: install mvn (Debian, Ubuntu: apt-get install maven), or set MAVEN_REPOSITORY_URL to the base URL of a Maven repository',
    );
  }
  const docker: string[] = [];
  if (!report.docker.usable) docker.push(`a Docker daemon: ${report.docker.problem}; install and start Docker`);
  for (const image of emulator ? report.docker.images : report.docker.images.slice(0, 1)) {
    if (!image.present) docker.push(`the image ${image.name}: not on this machine; it must be possible to pull it`);
  }
  return [
    'Any one of these makes real runs possible:',
    ...way('docker', docker),
    ...way('native', native),
    ...way('external', [emulator ? EXTERNAL : EXTERNAL_BROKER]),
  ].join('\n');
}

function way(name: string, needs: readonly string[]): string[] {
  if (needs.length === 0) return [`  ${name}: everything is there`];
  return [`  ${name} needs`, ...needs.map((need) => `    - ${need}`)];
}

function tool(name: string, look: ToolLook): string {
  return line(look.usable !== undefined, name, look.usable?.version ?? look.problem ?? 'not found');
}

function line(good: boolean, name: string, text: string): string {
  return `${good ? 'ok     ' : 'missing'}  ${name.padEnd(13)} ${text}`;
}

function enoughSpace(report: DoctorReport): boolean {
  return report.cache.freeBytes === undefined || report.cache.freeBytes >= FREE_BYTES_LEAST;
}

function freeText(freeBytes: number | undefined): string {
  if (freeBytes === undefined) return '';
  const text = `, ${(freeBytes / GIB).toFixed(1)} GiB free`;
  return freeBytes >= FREE_BYTES_LEAST ? text : `${text}: ${FREE_BYTES_LEAST / GIB} GiB are needed`;
}

function fallback(report: DoctorReport): string {
  return report.auto === 'docker' && report.ways.docker !== 'yes' && report.ways.native === 'yes'
    ? ', else native'
    : '';
}
