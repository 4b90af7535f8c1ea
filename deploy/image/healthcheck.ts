/**
 * The image's health check: exits 0 when the process answers on /livez. Not /readyz: a restart does not help a stopped
 * partition or a service that does not answer.
 */
const port = process.env.METRICS_PORT ?? '9464';
const host = process.env.METRICS_HOST ?? '127.0.0.1';
/** Bound to every address means reachable on the loopback one. */
const where = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;

try {
  const { status } = await fetch(`http://${where}:${port}/livez`, { signal: AbortSignal.timeout(4_000) });
  process.exitCode = status === 200 ? 0 : 1;
} catch (error) {
  process.stderr.write(`/livez on ${where}:${port} does not answer: ${String(error)}\n`);
  process.exitCode = 1;
}

export {};
