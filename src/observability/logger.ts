/**
 * Log lines: JSON by default, readable on a terminal; every line has a stable `event` name. Secrets are masked by the
 * name of their field, card numbers by their form.
 */
import { createRequire } from 'node:module';
import pino, { type DestinationStream, type Logger } from 'pino';
import type * as Pretty from 'pino-pretty';
import { printableValue } from '../base/text/printable.ts';
import { maskPayload } from '../payments/event/masking.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: 'json' | 'pretty';
  /** In every line. */
  readonly base: Readonly<Record<string, string>>;
  /** Where lines go. */
  readonly destination: DestinationStream;
  readonly nowMs: () => number;
}

const SECRET_NAME = /password|secret|token|credential|private.?key|authorization/i;
const MASK = '********';
const DEPTH_MAX = 6;

export function createLogger(options: LoggerOptions): Logger {
  const { level, format, base, destination, nowMs } = options;
  const stream = format === 'pretty' ? readable(destination) : destination;
  return pino(
    {
      level,
      base,
      timestamp: () => `,"time":"${new Date(nowMs()).toISOString()}"`,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => masked(fields, 0) as Record<string, unknown>,
      },
    },
    stream,
  );
}

/** `auto` is pretty on a terminal. */
export function resolveLogFormat(format: 'auto' | 'json' | 'pretty', isTerminal: boolean): 'json' | 'pretty' {
  if (format !== 'auto') return format;
  return isTerminal ? 'pretty' : 'json';
}

/** Loaded only if a person reads along. Unprintable characters in values are escaped before the layout. */
function readable(destination: DestinationStream): DestinationStream {
  const { prettyFactory } = createRequire(import.meta.url)('pino-pretty') as typeof Pretty;
  const format = prettyFactory({ messageKey: 'event', singleLine: true, ignore: 'pid,hostname,service' });
  return { write: (line) => destination.write(format(printableValue(inWords(JSON.parse(line))))) };
}

/** A line with a text omits the fields that it was made from. */
function inWords(line: Readonly<Record<string, unknown>>): object {
  const { level, time, owner, event, text } = line;
  return typeof text === 'string' ? { level, time, owner, event: `${event}: ${text}` } : line;
}

function masked(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return maskedText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEPTH_MAX) return '[deep]';
  if (value instanceof Error) {
    return { name: value.name, message: maskedText(value.message), stack: maskedText(value.stack ?? '') };
  }
  if (Array.isArray(value)) return value.map((one) => masked(one, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, SECRET_NAME.test(name) ? MASK : masked(one, depth + 1)]),
  );
}

/** Most strings hold no long run of digits: one test, and they are left alone. */
function maskedText(value: string): string {
  return /(?:\d\D{0,3}){13}/.test(value) ? maskPayload(Buffer.from(value)) : value;
}
