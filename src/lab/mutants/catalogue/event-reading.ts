/** Bugs in reading an event from its bytes, and in what is kept of one that is rejected. */
import type { Mutant } from '../mutant.ts';

const VALIDATION = 'src/payments/event/validation.ts';

export const READING_MUTANTS: readonly Mutant[] = [
  {
    name: 'amounts-through-a-double',
    what: 'judges an amount by the double that its JSON number becomes',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: '12345678901234.999999 is stored as 12345678901235',
    family: 'spellings',
    patches: [
      {
        file: 'src/payments/event/reading-version-2.ts',
        in: 'readAmount',
        find: 'return parseDecimalLiteral(text.slice(span.start, span.end));',
        replace: 'return parseDecimalLiteral(String(Number(text.slice(span.start, span.end))));',
      },
    ],
  },
  {
    name: 'last-member-wins',
    what: 'takes the last of two members with one name, as JSON.parse does',
    guarantee: 'G5',
    anomaly: 'rows_extra',
    why: 'an event that says two things is accepted for one of them',
    family: 'spellings',
    patches: [
      {
        file: 'src/payments/event/json-members.ts',
        in: 'Reading.#members',
        find: `if (spans.has(name)) repeated.add(name);
else $SET;`,
        replace: '$SET',
      },
    ],
  },
  {
    name: 'raw-transaction-id',
    what: 'masks the payload of a rejected record and not its transaction id',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'a card number sent as transaction_id is in payment_exceptions for all to read',
    family: 'spellings',
    patches: [
      {
        file: VALIDATION,
        in: 'rejection',
        find: 'isText(id) ? (isVersion1 ? id : maskCardNumbers(id)) : null',
        replace: 'isText(id) ? id : null',
      },
    ],
  },
  {
    name: 'masks-plain-digits-only',
    what: 'takes only ASCII digits for digits when it masks',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'a card number in full-width or Arabic digits stays readable',
    family: 'spellings',
    patches: [{ file: 'src/payments/event/card-numbers.ts', in: 'DIGIT', find: '/^\\p{Nd}$/u', replace: '/^[0-9]$/' }],
  },
  {
    name: 'blames-the-event',
    what: 'calls an event one from the future where the record has no time to compare with',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'the reason sends the producer to the event, and it is the record that lacks its timestamp',
    family: 'spellings',
    patches: [
      {
        file: VALIDATION,
        in: 'validateRecord',
        find: "hasClock ? 'event_time_in_future' : 'record_time_missing'",
        replace: "hasClock || !hasClock ? 'event_time_in_future' : 'record_time_missing'",
      },
    ],
  },
  {
    name: 'form-not-named',
    what: 'calls every value that cannot be read "no JSON"',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'a byte order mark and the wire format of a schema registry have reasons of their own',
    family: 'spellings',
    patches: [
      {
        file: 'src/payments/event/reading-version-2.ts',
        in: 'readEvent2',
        find: 'foreign !== undefined',
        replace: "foreign?.code === 'not_utf8'",
      },
    ],
  },
];
