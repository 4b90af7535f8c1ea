/**
 * Loaded before a processor whose wall clock is to be off: everything that asks Date what time it is hears
 * CHAOS_CLOCK_OFF_MS more. SIGUSR2 makes it jump by CHAOS_CLOCK_JUMP_MS, and the next one back. Timers run on, as they do
 * on a real machine.
 */
const offMs = Number(process.env.CHAOS_CLOCK_OFF_MS);
const jumpMs = Number(process.env.CHAOS_CLOCK_JUMP_MS);
if (!Number.isFinite(offMs) || !Number.isFinite(jumpMs)) throw new Error('CHAOS_CLOCK_OFF_MS, _JUMP_MS: numbers');

const RealDate = globalThis.Date;
let hasJumped = false;
process.on('SIGUSR2', () => {
  hasJumped = !hasJumped;
});
const nowMs = (): number => RealDate.now() + offMs + (hasJumped ? jumpMs : 0);

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, made) => Reflect.construct(target, given.length === 0 ? [nowMs()] : given, made),
  apply: () => new RealDate(nowMs()).toString(),
  get: (target, name) => (name === 'now' ? nowMs : Reflect.get(target, name)),
});
