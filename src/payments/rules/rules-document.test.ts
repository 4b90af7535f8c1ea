/** Rules, their canonical text, and its digest. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_DECISION_SETTINGS } from '../settings.ts';
import {
  canonicalRules,
  documentOf,
  loadedRules,
  type RulesDocument,
  rulesFromCanonical,
  rulesOf,
} from './rules-document.ts';
import { drawnDocument } from './testing/drawn-document.ts';

const DEFAULTS = DEFAULT_DECISION_SETTINGS.fraud;
const LEAST: RulesDocument = {
  revision: 1,
  event: {
    transaction_id: { path: '/id' },
    sender_account_id: { path: '/from' },
    amount: { path: '/amount' },
    currency: { path: '/currency' },
    timestamp: { path: '/at' },
  },
};

describe('the canonical text of rules', () => {
  it('never changes: settings histories hold its digest', () => {
    expect(canonicalRules(rulesOf(LEAST, DEFAULTS))).toBe(
      '{"columns":[],"event":{"amount":{"path":"/amount"},' +
        '"currency":{"path":"/currency","trim":false,"type":"string","uppercase":false},"format":"json",' +
        '"keep_rejected_payload":false,"key":"sender","reject_schema_ids":[],"select":[],' +
        '"sender_account_id":{"path":"/from","trim":false,"type":"string","uppercase":false},' +
        '"timestamp":{"finer_than_ms":"reject","path":"/at","type":"epoch_ms"},' +
        '"transaction_id":{"path":"/id","trim":false,"type":"string","uppercase":false}},' +
        '"fraud":{"activity":"on","amount_high":{"over":"5000","points":30},"amount_low_points":5,' +
        '"amount_medium":{"over":"1000","points":15},"count_high":{"over":10,"points":40},' +
        '"count_medium":{"over":5,"points":25},"devices":{"over":3,"points":15},"high_risk":60,"max_score":100,' +
        '"other_region_points":10,"region_points":{"africa":10,"ap-south":5,"ap-southeast":5,"eu-west":0,"sa-east":10,' +
        '"us-east":0,"us-west":0}},"revision":1}',
    );
    expect(loadedRules(rulesOf(LEAST, DEFAULTS)).sha256).toBe(
      'c70b62384b53f9386ef6c273be49dfe490c59bdf1809a73c3a8a5347bb305956',
    );
  });

  it('has its members in the order of their UTF-16 units, names of digits too', () => {
    const region_points = { z: 1, '2': 2, '10': 3, '-': 4 };
    const text = canonicalRules(rulesOf({ ...LEAST, fraud: { region_points } }, DEFAULTS));
    expect(text).toContain('"region_points":{"-":4,"10":3,"2":2,"z":1}');
    expect(canonicalRules(rulesFromCanonical(text))).toBe(text);
  });

  it('of drawn rules gives the same rules back, and of those the same text', () => {
    fc.assert(
      fc.property(drawnDocument(), (document) => {
        const rules = rulesOf(document, DEFAULTS);
        const text = canonicalRules(rules);
        expect(rulesFromCanonical(text)).toEqual(rules);
        expect(canonicalRules(rulesOf(documentOf(rules)))).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['no JSON', 'revision: 1'],
    ['blanks', ` ${canonicalRules(rulesOf(LEAST, DEFAULTS))}`],
    ['a member more', canonicalRules(rulesOf(LEAST, DEFAULTS)).replace('"revision":1', '"revision":1,"z":1')],
    ['a member less', canonicalRules(rulesOf(LEAST, DEFAULTS)).replace('"columns":[],', '')],
    ['a default left out', canonicalRules(rulesOf(LEAST, DEFAULTS)).replace('"high_risk":60,', '')],
    ['null', 'null'],
  ])('with %s is refused', (_, text) => {
    expect(() => rulesFromCanonical(text)).toThrow(RangeError);
  });
});
