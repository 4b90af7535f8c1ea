/**
 * The section `fraud` of a rules file, and the variable that each of its members replaces. Every member may be left out; a
 * table of regions replaces the default one as a whole. Pure.
 */
import type { FraudRules } from './rules.ts';

export interface AmountPointsDocument {
  /** Decimal string. */
  readonly over?: string | undefined;
  readonly points?: number | undefined;
}

export interface CountPointsDocument {
  readonly over?: number | undefined;
  readonly points?: number | undefined;
}

export interface FraudDocument {
  readonly activity?: 'on' | 'off' | undefined;
  readonly amount_high?: AmountPointsDocument | undefined;
  readonly amount_medium?: AmountPointsDocument | undefined;
  readonly amount_low_points?: number | undefined;
  readonly count_high?: CountPointsDocument | undefined;
  readonly count_medium?: CountPointsDocument | undefined;
  readonly devices?: CountPointsDocument | undefined;
  readonly region_points?: Readonly<Record<string, number>> | undefined;
  readonly other_region_points?: number | undefined;
  readonly max_score?: number | undefined;
  readonly high_risk?: number | undefined;
}

/** Where the setting of a variable stands in a rules file. */
export const FRAUD_MEMBERS: Readonly<Record<string, string>> = {
  FRAUD_AMOUNT_HIGH: 'fraud.amount_high.over',
  FRAUD_AMOUNT_HIGH_POINTS: 'fraud.amount_high.points',
  FRAUD_AMOUNT_MEDIUM: 'fraud.amount_medium.over',
  FRAUD_AMOUNT_MEDIUM_POINTS: 'fraud.amount_medium.points',
  FRAUD_AMOUNT_LOW_POINTS: 'fraud.amount_low_points',
  FRAUD_COUNT_HIGH: 'fraud.count_high.over',
  FRAUD_COUNT_HIGH_POINTS: 'fraud.count_high.points',
  FRAUD_COUNT_MEDIUM: 'fraud.count_medium.over',
  FRAUD_COUNT_MEDIUM_POINTS: 'fraud.count_medium.points',
  FRAUD_DEVICES: 'fraud.devices.over',
  FRAUD_DEVICES_POINTS: 'fraud.devices.points',
  FRAUD_REGION_POINTS: 'fraud.region_points',
  FRAUD_OTHER_REGION_POINTS: 'fraud.other_region_points',
  FRAUD_MAX_SCORE: 'fraud.max_score',
  FRAUD_HIGH_RISK: 'fraud.high_risk',
};

/** Throws a RangeError for a member that is missing, if there are no defaults. */
export function fraudRulesOf(document: FraudDocument, defaults: FraudRules | undefined): FraudRules {
  const value = <T>(name: string, given: T | undefined, byDefault: T | undefined): T => {
    const found = given ?? byDefault;
    if (found === undefined) throw new RangeError(`fraud.${name} is missing`);
    return found;
  };
  const pair = <T>(
    name: string,
    given: { readonly over?: T | undefined; readonly points?: number | undefined } | undefined,
    byDefault: { readonly over: T; readonly points: number } | undefined,
  ): { readonly over: T; readonly points: number } => ({
    over: value(`${name}.over`, given?.over, byDefault?.over),
    points: value(`${name}.points`, given?.points, byDefault?.points),
  });
  const { amount_high, amount_medium, amount_low_points, count_high, count_medium, devices, activity } = document;
  const isOff = (activity ?? defaults?.activity) === 'off';
  return {
    amountHigh: pair('amount_high', amount_high, defaults?.amountHigh),
    amountMedium: pair('amount_medium', amount_medium, defaults?.amountMedium),
    amountLowPoints: value('amount_low_points', amount_low_points, defaults?.amountLowPoints),
    countHigh: pair('count_high', count_high, defaults?.countHigh),
    countMedium: pair('count_medium', count_medium, defaults?.countMedium),
    devices: pair('devices', devices, defaults?.devices),
    regionPoints: { ...value('region_points', document.region_points, defaults?.regionPoints) },
    otherRegionPoints: value('other_region_points', document.other_region_points, defaults?.otherRegionPoints),
    maxScore: value('max_score', document.max_score, defaults?.maxScore),
    highRiskOver: value('high_risk', document.high_risk, defaults?.highRiskOver),
    ...(isOff ? { activity: 'off' } : {}),
  };
}

/** With every member. */
export function fraudDocumentOf(rules: FraudRules): FraudDocument {
  return {
    activity: rules.activity ?? 'on',
    amount_high: { ...rules.amountHigh },
    amount_medium: { ...rules.amountMedium },
    amount_low_points: rules.amountLowPoints,
    count_high: { ...rules.countHigh },
    count_medium: { ...rules.countMedium },
    devices: { ...rules.devices },
    region_points: { ...rules.regionPoints },
    other_region_points: rules.otherRegionPoints,
    max_score: rules.maxScore,
    high_risk: rules.highRiskOver,
  };
}
