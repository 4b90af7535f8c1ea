/**
 * The clock rule: no producer may move the watermark so far that good payments are late.
 *
 * The watermark is the newest accepted event time less WATERMARK_DELAY. An accepted event time lies at most
 * ALLOWED_SKEW past its record's timestamp, and that at most message.timestamp.after.max.ms past the broker's clock
 * (LogAppendTime: it is the broker's clock). So a single record can put the watermark at: broker's clock + after.max +
 * ALLOWED_SKEW - WATERMARK_DELAY.
 *
 * Rule: after.max + ALLOWED_SKEW <= WATERMARK_DELAY / 2. Then a payment that arrives within half of WATERMARK_DELAY of
 * its event time is never late, however wrong the producers' clocks are.
 */

import { ContradictionError } from '../base/errors.ts';
import { settingText, spanText } from '../base/span-text.ts';
import type { DecisionSettings } from '../payments/types.ts';
import type { TopicFacts } from './ports.ts';

type ClockSettings = Pick<DecisionSettings, 'watermarkDelayMs' | 'allowedSkewMs'>;
type ClockFacts = Pick<TopicFacts, 'topic' | 'logAppendTime' | 'timestampAfterMaxMs' | 'bootstrapServers'>;

/** How far an accepted event time may lie past the broker's clock, in ms; Infinity where nothing bounds it. */
export function mostAheadMs(facts: ClockFacts, { allowedSkewMs }: ClockSettings): number {
  return (facts.logAppendTime ? 0 : facts.timestampAfterMaxMs) + allowedSkewMs;
}

export function keepsClockRule(facts: ClockFacts, settings: ClockSettings): boolean {
  return 2 * mostAheadMs(facts, settings) <= settings.watermarkDelayMs;
}

/** Throws ContradictionError `clock_risk`, with the command that mends it, unless the rule holds or its risk is accepted. */
export function checkClock(facts: ClockFacts, settings: ClockSettings, isRiskAccepted: boolean): void {
  if (isRiskAccepted || keepsClockRule(facts, settings)) return;
  throw new ContradictionError('clock_risk', `${riskText(facts, settings)} ${mendText(facts, settings)}`);
}

/**
 * What `verify` says of it, under what the guarantees were kept: nothing where the rule holds for all of the settings that
 * payments were decided by.
 */
export function clockConditions(facts: ClockFacts, decisions: readonly ClockSettings[]): string[] {
  const texts = decisions.filter((one) => !keepsClockRule(facts, one)).map((one) => riskText(facts, one));
  return [...new Set(texts)].map((text) => `${text} Good payments may have been called late.`);
}

function riskText(facts: ClockFacts, settings: ClockSettings): string {
  const { topic, logAppendTime, timestampAfterMaxMs } = facts;
  const { allowedSkewMs, watermarkDelayMs } = settings;
  const skew = `ALLOWED_SKEW (${settingText(allowedSkewMs)})`;
  const ahead = logAppendTime
    ? `${skew} alone (the topic has LogAppendTime)`
    : `message.timestamp.after.max.ms (${settingText(timestampAfterMaxMs)}) and ${skew} together`;
  return (
    `topic ${topic}: one fast clock can make good payments of others late: ${ahead} must not be over half of ` +
    `WATERMARK_DELAY (${settingText(watermarkDelayMs)}).`
  );
}

/** A bound below this refuses the records of producers whose clocks are as good as usual. */
const LEAST_AFTER_MS = 60_000;

function mendText(facts: ClockFacts, { watermarkDelayMs, allowedSkewMs }: ClockSettings): string {
  const orAccept = 'Or set ACCEPT_CLOCK_RISK=true: `verify` then lists it as a condition.';
  const mostAfterMs = Math.floor(watermarkDelayMs / 2) - allowedSkewMs;
  if (facts.logAppendTime || mostAfterMs < LEAST_AFTER_MS) {
    // With LogAppendTime no producer's clock counts, so the topic needs no room for one.
    const roomMs = facts.logAppendTime ? 0 : LEAST_AFTER_MS;
    const leastDelay = settingText(2 * (allowedSkewMs + roomMs));
    const mostSkew = settingText(Math.max(0, Math.floor(watermarkDelayMs / 2) - roomMs));
    const isTight = !facts.logAppendTime && mostAfterMs >= 0;
    const why = isTight
      ? `A bound of ${spanText(mostAfterMs)} would refuse records of good clocks`
      : 'No setting of the topic mends that';
    return `${why}: set WATERMARK_DELAY to ${leastDelay} or more, or ALLOWED_SKEW to ${mostSkew} or less. ${orAccept}`;
  }
  const alter = `kafka-configs.sh --bootstrap-server ${facts.bootstrapServers ?? '$KAFKA_BOOTSTRAP_SERVERS'} --alter --entity-type topics --entity-name ${facts.topic} --add-config`;
  return (
    `Run: ${alter} message.timestamp.after.max.ms=${mostAfterMs}` +
    ` (before Kafka 3.6, or where producers' clocks do not matter: ${alter} message.timestamp.type=LogAppendTime). ${orAccept}`
  );
}
