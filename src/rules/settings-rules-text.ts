/**
 * The rules file of a topic that had none: the built-in event spelled as a mapping, and the fraud rules of its variables. It has
 * the fixed part of the built-in event, so a dataset continues with it.
 */
import { stringify } from 'yaml';
import { BUILT_IN_EVENT } from '../payments/rules/built-in-event.ts';
import { fraudDocumentOf } from '../payments/rules/fraud-document.ts';
import type { FraudRules } from '../payments/rules/rules.ts';

/** `variables`: those that were set, and that must be unset once the file is used. */
export function settingsRulesText(fraud: FraudRules, variables: readonly string[]): string {
  const { texts, amount, timestamp } = BUILT_IN_EVENT;
  const event = Object.entries({ ...texts, amount, timestamp }).map(
    ([role, { path }]) => `  ${role}: { path: ${path} }`,
  );
  const unset = variables.length === 0 ? [] : [`# Unset with it: ${variables.join(', ')}.`];
  return [
    '# Written by `provenonce rules init --from-settings`: the built-in event, and the fraud rules as they were set.',
    '# A record that lacks receiver_account_id, device_id, ip_address, region or payment_method is accepted with it, with NULL.',
    ...unset,
    '# The settings history of a dataset that has one may need a higher revision.',
    'revision: 1',
    'event:',
    '  format: json',
    '  key: sender',
    ...event,
    stringify({ fraud: fraudDocumentOf(fraud) }, { lineWidth: 0, defaultKeyType: 'PLAIN' }).trimEnd(),
    '',
  ].join('\n');
}
