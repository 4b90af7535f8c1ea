import { describe, expect, it } from 'vitest';
import { event, record, START_MS } from '../../../testing/fold-fixture.ts';
import { judge, withTime } from '../../../testing/mapped-fixture.ts';
import { Rejection } from '../../validation.ts';

describe('times', () => {
  const NOON = Date.UTC(2025, 5, 15, 12);
  const timeOf = (value: unknown, role: object): unknown => {
    const text = JSON.stringify(event({ timestamp: '<>' })).replace('"<>"', String(value));
    const one = { ...record(0, event()), timestampMs: NOON + 1_000, value: Buffer.from(text) };
    const result = judge(one, withTime(role));
    return result instanceof Rejection ? result.reason : result.eventTimeMs - NOON;
  };

  it.each([
    [`${NOON}`, 'epoch_ms', 0],
    [`"${NOON}"`, 'epoch_ms', 0],
    [`"0${NOON}"`, 'epoch_ms', 0],
    [`${NOON}.0`, 'epoch_ms', 0],
    [`${NOON}.5`, 'epoch_ms', 'field_invalid: timestamp'],
    [`"-${NOON}"`, 'epoch_ms', 'field_invalid: timestamp'],
    [`"${NOON}.0"`, 'epoch_ms', 'field_invalid: timestamp'],
    [`"${'0'.repeat(8)}${NOON}"`, 'epoch_ms', 'field_invalid: timestamp'],
    ['-1', 'epoch_ms', 'event_time_too_old'],
    ['9007199254740991', 'epoch_ms', 'event_time_in_future'],
    ['9007199254740992', 'epoch_ms', 'field_invalid: timestamp'],
    [`${NOON / 1_000}`, 'epoch_s', 0],
    [`${NOON / 1_000}.5`, 'epoch_s', 'field_invalid: timestamp'],
    ['9007199254741', 'epoch_s', 'field_invalid: timestamp'],
    [`${NOON}000`, 'epoch_us', 0],
    [`${NOON}001`, 'epoch_us', 'timestamp_not_exact'],
    [`${NOON}000000`, 'epoch_ns', 0],
    [`"${NOON}000000"`, 'epoch_ns', 0],
    [`${NOON}000001`, 'epoch_ns', 'timestamp_not_exact'],
    ['1', 'epoch_ns', 'timestamp_not_exact'],
    ['true', 'epoch_ms', 'field_invalid: timestamp'],
    ['null', 'epoch_ms', 'field_missing: timestamp'],
    ['"2025-06-15T12:00:00Z"', 'iso8601', 0],
    ['"2025-06-15T14:00:00+02:00"', 'iso8601', 0],
    ['"2025-06-15T06:30:00.250-05:30"', 'iso8601', 250],
    ['"2025-06-15T12:00:00.001000000Z"', 'iso8601', 1],
    ['"2025-06-15T12:00:00.0010000001Z"', 'iso8601', 'field_invalid: timestamp'],
    ['"2025-06-15T12:00:00.001000001Z"', 'iso8601', 'timestamp_not_exact'],
    ['"2025-06-15T12:00:00"', 'iso8601', 'field_invalid: timestamp'],
    ['"2025-06-15T12:00:00.Z"', 'iso8601', 'field_invalid: timestamp'],
    ['"2025-06-15 12:00:00Z"', 'iso8601', 'field_invalid: timestamp'],
    ['"2025-06-15t12:00:00z"', 'iso8601', 'field_invalid: timestamp'],
    ['"2025-06-15T12:00:60Z"', 'iso8601', 'field_invalid: timestamp'],
    ['"2025-06-15T24:00:00Z"', 'iso8601', 'field_invalid: timestamp'],
    ['"2025-02-29T12:00:00Z"', 'iso8601', 'field_invalid: timestamp'],
    ['"2024-02-29T12:00:00Z"', 'iso8601', 'event_time_too_old'],
    ['"2025-06-15T12:00:00+15:00"', 'iso8601', 'field_invalid: timestamp'],
    ['"2025-06-16T02:59:00+14:59"', 'iso8601', 0],
    ['"2025-06-15T12:00:00+0200"', 'iso8601', 'field_invalid: timestamp'],
    [`${NOON}`, 'iso8601', 'field_invalid: timestamp'],
  ])('%s as %s is %s', (value, type, expected) => {
    expect(timeOf(value, { type })).toBe(expected);
  });

  it.each([
    [`${NOON}999999`, 'epoch_ns', 0],
    ['"2025-06-15T12:00:00.000999Z"', 'iso8601', 0],
    ['-1', 'epoch_us', 'event_time_too_old'],
  ])('%s as %s is cut to the millisecond before it, if the rules say so: %s', (value, type, expected) => {
    expect(timeOf(value, { type, finerThanMs: 'round_down' })).toBe(expected);
  });

  it('may be the time of the record', () => {
    const how = { by: { timestamp: { path: 'record.timestamp' } } };
    expect(judge({ ...record(0, event()), timestampMs: START_MS + 5 }, how)).toMatchObject({
      eventTimeMs: START_MS + 5,
    });
    expect(judge({ ...record(0, event()), timestampMs: -1 }, how)).toMatchObject({ code: 'event_time_too_old' });
  });

  it('a time past the record time is in the future, or the record has no time', () => {
    const late = event({}, 400_000);
    expect(judge({ ...record(0, late), timestampMs: START_MS })).toMatchObject({ code: 'event_time_in_future' });
    expect(judge({ ...record(0, late), timestampMs: -1 })).toMatchObject({ code: 'record_time_missing' });
  });
});
