import { describe, expect, it } from 'vitest';
import { requireDecimal } from './event/decimal.ts';
import { assessFraud, compileFraudRules } from './fraud.ts';
import { DEFAULT_DECISION_SETTINGS } from './settings.ts';

const RULES = DEFAULT_DECISION_SETTINGS.fraud;

function assess(amount: string, payments = 1, devices = 1, region = 'eu-west', rules = RULES) {
  return assessFraud(compileFraudRules(rules), requireDecimal(amount, 'amount'), region, { payments, devices });
}

describe('fraud points', () => {
  it.each([
    ['5000.000000001', 'HIGH', 30],
    ['5000', 'MEDIUM', 15],
    ['1000.01', 'MEDIUM', 15],
    ['1000', 'LOW', 5],
    ['0.01', 'LOW', 5],
  ])('amount %s is %s', (amount, riskAmount, fraudScore) => {
    expect(assess(amount)).toMatchObject({ riskAmount, fraudScore });
  });

  it.each([
    [5, 5],
    [6, 30],
    [10, 30],
    [11, 45],
  ])('%d payments in the span score %d', (payments, fraudScore) => {
    expect(assess('1', payments)).toMatchObject({ txnCount5Min: payments, fraudScore });
  });

  it.each([
    [3, 5],
    [4, 20],
  ])('%d devices score %d', (devices, fraudScore) => {
    expect(assess('1', 1, devices)).toMatchObject({ uniqueDevicesSender: devices, fraudScore });
  });

  it.each([
    ['eu-west', 0],
    ['us-east', 0],
    ['us-west', 0],
    ['ap-south', 5],
    ['ap-southeast', 5],
    ['sa-east', 10],
    ['africa', 10],
    ['mars', 10],
    ['constructor', 10],
    ['__proto__', 10],
  ])('region %s adds %d', (region, points) => {
    expect(assess('1', 1, 1, region)).toMatchObject({ geographicRisk: points, fraudScore: 5 + points });
  });

  it('is high risk over 60, not at 60', () => {
    const at = (highRiskOver: number) => assess('5001', 6, 1, 'ap-south', { ...RULES, highRiskOver });
    expect(at(60)).toMatchObject({ fraudScore: 60, isHighRisk: false });
    expect(at(59)).toMatchObject({ fraudScore: 60, isHighRisk: true });
  });

  it('never scores over the greatest score', () => {
    expect(assess('5001', 11, 4, 'africa')).toMatchObject({ fraudScore: 95 });
    expect(assess('5001', 11, 4, 'x', { ...RULES, otherRegionPoints: 50 })).toMatchObject({ fraudScore: 100 });
  });

  it('refuses rules that the columns could not hold', () => {
    expect(() => compileFraudRules({ ...RULES, maxScore: 1.5 })).toThrow('fraud.maxScore: 1.5 must be a whole number');
    expect(() => compileFraudRules({ ...RULES, amountHigh: { over: 'much', points: 1 } })).toThrow(
      'fraud.amountHigh.over',
    );
  });

  it('without a region there is no geographic risk', () => {
    expect(assess('1', 1, 1, '')).toMatchObject({ geographicRisk: 0, fraudScore: 5 });
  });

  it('with activity off the counts are 0 and score nothing', () => {
    expect(assess('1', 100, 100, 'eu-west', { ...RULES, activity: 'off' })).toMatchObject({
      txnCount5Min: 0,
      uniqueDevicesSender: 0,
      fraudScore: 5,
    });
  });
});
