/** What the key of a partition's records is: it is fixed when the partition is first seen. */
import type { OwnershipFacts } from './inputs/verify-inputs.ts';
import { readRulesText } from './oracle/mapped/oracle-rules.ts';

/** As a rules file says it: `sender`, `transaction`, `any`, or a path. Rules that are missing are reported elsewhere. */
export function keyRuleOf({ history }: Pick<OwnershipFacts, 'history'>): string {
  for (const { rules } of history) {
    const key = rules?.text ? keyIn(rules.text) : undefined;
    if (key !== undefined) return key;
  }
  return 'sender';
}

function keyIn(text: string): string | undefined {
  try {
    const { key } = readRulesText(text).event;
    return typeof key === 'string' ? key : key.path;
  } catch {
    return undefined;
  }
}

/** Only then are all payments of a sender in one partition. */
export function isKeyedBySender(facts: Pick<OwnershipFacts, 'history'>): boolean {
  return keyRuleOf(facts) === 'sender';
}
