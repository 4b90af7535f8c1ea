/**
 * Fraud points of one accepted payment: amount, sender activity, region. All thresholds come from FraudRules, compiled
 * once per settings entry. "Over" is strict everywhere: exactly 5000 is not over 5000. A rule whose input a payment lacks
 * is off: without a region there is no geographic risk; with `activity: off` the counts of a sender are 0.
 */
import { requireDecimal } from './event/decimal.ts';
import { type Amount, amountOf } from './event/payment-bytes.ts';
import type { FraudAssessment, FraudRules } from './types.ts';

/** Counts over the sender's accepted payments in (t - span, t], this one included. */
export interface ActivityCounts {
  readonly payments: number;
  readonly devices: number;
}

export interface CompiledFraudRules {
  readonly rules: FraudRules;
  readonly highOver: Amount;
  readonly mediumOver: Amount;
  /** A Map, not the settings object: a region named `constructor` must not find anything. */
  readonly regionPoints: ReadonlyMap<string, number>;
}

/** Throws RangeError naming the rule where one cannot be used. */
export function compileFraudRules(rules: FraudRules): CompiledFraudRules {
  const numbers: readonly (readonly [string, number])[] = [
    ['amountHigh.points', rules.amountHigh.points],
    ['amountMedium.points', rules.amountMedium.points],
    ['amountLowPoints', rules.amountLowPoints],
    ['countHigh.over', rules.countHigh.over],
    ['countHigh.points', rules.countHigh.points],
    ['countMedium.over', rules.countMedium.over],
    ['countMedium.points', rules.countMedium.points],
    ['devices.over', rules.devices.over],
    ['devices.points', rules.devices.points],
    ['otherRegionPoints', rules.otherRegionPoints],
    ['maxScore', rules.maxScore],
    ['highRiskOver', rules.highRiskOver],
    ...Object.entries(rules.regionPoints).map(([region, points]) => [`regionPoints.${region}`, points] as const),
  ];
  for (const [name, value] of numbers) {
    // The columns are INT64; a fraction would be refused by the sink, row by row.
    if (!Number.isSafeInteger(value)) throw new RangeError(`fraud.${name}: ${value} must be a whole number`);
  }
  return {
    rules,
    highOver: amountOf(requireDecimal(rules.amountHigh.over, 'fraud.amountHigh.over')),
    mediumOver: amountOf(requireDecimal(rules.amountMedium.over, 'fraud.amountMedium.over')),
    regionPoints: new Map(Object.entries(rules.regionPoints)),
  };
}

const NO_ACTIVITY: ActivityCounts = { payments: 0, devices: 0 };

/** `region`: empty where the payment has none. */
export function assessFraud(
  compiled: CompiledFraudRules,
  amount: Amount,
  region: string,
  counted: ActivityCounts,
): FraudAssessment {
  const rules = compiled.rules;
  const activity = rules.activity === 'off' ? NO_ACTIVITY : counted;
  const high = amount > compiled.highOver;
  const medium = !high && amount > compiled.mediumOver;
  let score = high ? rules.amountHigh.points : medium ? rules.amountMedium.points : rules.amountLowPoints;
  if (activity.payments > rules.countHigh.over) score += rules.countHigh.points;
  else if (activity.payments > rules.countMedium.over) score += rules.countMedium.points;
  if (activity.devices > rules.devices.over) score += rules.devices.points;
  const geographicRisk = region === '' ? 0 : (compiled.regionPoints.get(region) ?? rules.otherRegionPoints);
  const fraudScore = Math.min(rules.maxScore, score + geographicRisk);
  return {
    riskAmount: high ? 'HIGH' : medium ? 'MEDIUM' : 'LOW',
    txnCount5Min: activity.payments,
    uniqueDevicesSender: activity.devices,
    geographicRisk,
    fraudScore,
    isHighRisk: fraudScore > rules.highRiskOver,
  };
}
