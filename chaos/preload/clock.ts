/**
 * Loaded before a processor whose wall clock is to be off: everything that asks Date what time it is hears
 * CHAOS_CLOCK_OFFSET_MS more, from CHAOS_CLOCK_AFTER_MS after the start on. Timers run on, as they do on a real machine.
 */
const offsetMs = Number(process.env.CHAOS_CLOCK_OFFSET_MS);
const afterMs = Number(process.env.CHAOS_CLOCK_AFTER_MS);
if (!Number.isFinite(offsetMs) || !Number.isFinite(afterMs))
  throw new Error('CHAOS_CLOCK_OFFSET_MS, _AFTER_MS: numbers');

const RealDate = globalThis.Date;
const startedMs = RealDate.now();
const nowMs = (): number => {
  const realMs = RealDate.now();
  return realMs - startedMs >= afterMs ? realMs + offsetMs : realMs;
};

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, made) => Reflect.construct(target, given.length === 0 ? [nowMs()] : given, made),
  apply: () => new RealDate(nowMs()).toString(),
  get: (target, name) => (name === 'now' ? nowMs : Reflect.get(target, name)),
});
