/** How the page writes numbers, times and events. */
import type { TableEvent } from './event-table.ts';

/** `4.203 s`, `1 m 04.2 s`: from the start of the run. */
export function clockText(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(3)} s`;
  const minutes = Math.floor(ms / 60_000);
  return `${minutes} m ${((ms % 60_000) / 1000).toFixed(1).padStart(4, '0')} s`;
}

/** How long something took: `38 ms`, `4.2 s`, `3 m 12 s`. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, '0')} s`;
}

export function countText(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `1 record`, `2 records`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${countText(value)} ${value === 1 ? one : many}`;
}

/** `2026-11-22 19:23:08 UTC`. */
export function dateText(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

const IN_FRONT = new Set(['partition']);
const NOT_SHOWN = new Set(['owner', 'topic', 'level', 'time', 'stateBytes']);
const AS_TIME = /Ms$/;

/** What an event says besides its name, partition and time: `epoch 2 · nextOffset 378`. */
export function eventText({ fields }: TableEvent): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (IN_FRONT.has(name) || NOT_SHOWN.has(name)) continue;
    parts.push(`${lastPart(name)} ${valueText(name, value)}`);
  }
  return parts.join(' · ');
}

function lastPart(name: string): string {
  return name.replace(/^.*\./, '').replace(AS_TIME, '');
}

function valueText(name: string, value: unknown): string {
  if (name === 'watermarkMs' && typeof value === 'number') return dateText(value);
  if (AS_TIME.test(name) && typeof value === 'number') return durationText(value);
  if (typeof value === 'number') return countText(value);
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
