/** Bugs in how a rules file is read into payments, and in which rules hold where. */
import type { Mutant } from '../mutant.ts';

export const MAPPING_MUTANTS: readonly Mutant[] = [
  {
    name: 'minor-units-always-two',
    what: 'takes the minor units of every currency for hundredths',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: '500 yen become 5',
    family: 'mapped',
    patches: [
      {
        file: 'src/payments/event/mapped/roles/minor-units.ts',
        in: 'minorUnitDecimals',
        find: 'return DECIMALS[numberOf(bytes, at)] as number;',
        replace: 'return 2;',
      },
    ],
  },
  {
    name: 'select-ignored',
    what: 'judges records that the rules do not select',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'a refund becomes a payment',
    family: 'mapped',
    patches: [
      {
        file: 'src/payments/event/mapped/judge.ts',
        in: 'MappedJudge.judge',
        find: '!isSelected(select, values)',
        replace: 'false',
      },
    ],
  },
  {
    name: 'key-rule-ignored',
    what: 'does not look at the key of a record',
    guarantee: 'G5',
    anomaly: 'rows_extra',
    why: 'records with a wrong key become payments',
    family: 'mapped',
    patches: [
      {
        file: 'src/payments/event/mapped/judge.ts',
        in: 'MappedJudge.#keyReason',
        find: "rule !== 'any'",
        replace: 'false',
      },
    ],
  },
  {
    name: 'time-rounded-not-cut',
    what: 'takes the millisecond after a time that is finer',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'the contract says that it is cut down',
    family: 'mapped',
    patches: [
      {
        file: 'src/payments/event/mapped/roles/role-time.ts',
        in: 'RoleTime.read',
        find: 'if (roundDown) this.isExact = true;',
        replace: 'if (roundDown && !this.isExact) { this.ms += 1; this.isExact = true; }',
      },
    ],
  },
  {
    name: 'inexact-times-taken',
    what: 'takes times that are finer than a millisecond though the rules reject them',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'payments that should have been rejected',
    family: 'mapped',
    patches: [
      {
        file: 'src/payments/event/mapped/roles/role-time.ts',
        in: 'RoleTime.read',
        find: 'if (roundDown) this.isExact = true;',
        replace: 'this.isExact = true;',
      },
    ],
  },
  {
    name: 'empty-optional-texts-invalid',
    what: 'rejects a record whose optional role is an empty text',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'an empty text of an optional role is NULL',
    family: 'mapped',
    patches: [
      {
        file: 'src/payments/event/mapped/roles/role-text.ts',
        in: 'RoleText.#readText',
        find: 'return isRequired ? INVALID : MISSING;',
        replace: 'return INVALID;',
      },
    ],
  },
  {
    name: 'capitals-not-made',
    what: 'leaves the letters of a currency as they are though the rules ask for capitals',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'currencies are refused that should be taken',
    family: 'mapped',
    patches: [
      {
        file: 'src/payments/event/mapped/roles/role-text.ts',
        in: 'RoleText.#readText',
        find: 'if (uppercase) this.#toCapitals(values);',
        replace: '',
      },
    ],
  },
  {
    name: 'blanks-not-trimmed',
    what: 'keeps the blanks around a transaction id though the rules ask to trim',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'copies with other blanks are other payments',
    family: 'mapped',
    patches: [
      {
        file: 'src/payments/event/mapped/roles/role-text.ts',
        in: 'RoleText.#readText',
        find: 'if (trim) this.#trim(bytes);',
        replace: '',
      },
    ],
  },
  {
    name: 'decimal-bytes-unsigned',
    what: 'reads the bytes of a decimal with a scale of its own',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'amounts are ten times what they are',
    family: 'mapped',
    patches: [
      {
        file: 'src/payments/event/mapped/roles/role-amount.ts',
        in: 'RoleAmount.#readBytes',
        find: 'this.#setScaled(unscaled, used);',
        replace: 'this.#setScaled(unscaled, used - 1);',
      },
    ],
  },
  {
    name: 'invalid-columns-taken-as-null',
    what: 'keeps a payment whose further column has a value of another type',
    guarantee: 'G5',
    anomaly: 'rows_extra',
    why: 'the contract rejects the record',
    family: 'mapped',
    patches: [
      {
        file: 'src/payments/event/mapped/judge.ts',
        in: 'MappedJudge.judge',
        find: "if (column !== undefined) return this.#reject('column_invalid', column, values);",
        replace: '',
      },
    ],
  },
  {
    name: 'late-payload-without-columns',
    what: 'leaves further columns out of what late and duplicate rows keep',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'a backfill of the row would lose them',
    family: 'mapped',
    patches: [
      {
        file: 'src/payments/event/event.ts',
        in: 'canonicalJson',
        find: 'if (payment.further !== undefined) members.columns = payment.further;',
        replace: '',
      },
    ],
  },
  {
    name: 'rows-without-further-columns',
    what: 'leaves further columns out of the rows of accepted payments',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'the table has NULL where the record has a value',
    family: 'mapped',
    patches: [
      {
        file: 'src/payments/accepted-batch.ts',
        find: 'if (payment.further !== null) this.#addFurther(row, payment.further);',
        replace: '',
      },
    ],
  },
  {
    name: 'seeds-without-a-look',
    what: 'seeds a new dataset without a look at its topic',
    guarantee: 'liveness',
    anomaly: 'exited:64',
    why: 'a wrong first rules file rejects every record, and its members are fixed: the right file is refused',
    family: 'first-looks',
    patches: [
      {
        file: 'src/processor/processor.ts',
        in: 'Processor.#lookFirst',
        find: 'if (acceptNothing) return undefined;',
        replace: 'if (acceptNothing || !acceptNothing) return undefined;',
      },
    ],
  },
  {
    name: 'older-rules-appended',
    what: 'appends the rules of a lower revision',
    guarantee: 'G6',
    anomaly: 'revision_went_back',
    why: 'two processes with two files rewrite the history at each rebalance',
    family: 'mapped',
    patches: [
      {
        file: 'src/processor/takeover/next-entry.ts',
        in: 'nextEntry',
        find: 'ours > newest',
        replace: 'ours !== newest',
      },
    ],
  },
  {
    name: 'new-rules-from-the-checkpoint-on',
    what: 'lets new rules begin where the checkpoint is, below rows that are there',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'rows that are there were made by the old rules',
    family: 'mapped',
    patches: [
      {
        file: 'src/processor/takeover/settings-entry.ts',
        in: 'settleSettings',
        find: 'position.resumeOffset',
        replace: 'position.checkpointOffset',
      },
    ],
  },
  {
    name: 'missing-regions-scored',
    what: 'gives a payment without a region the points of an unknown one',
    guarantee: 'G4',
    anomaly: 'enrichment_differs',
    why: 'a rule whose input is missing is off',
    family: 'mapped',
    patches: [
      {
        file: 'src/payments/fraud.ts',
        in: 'assessFraud',
        find: "region === '' ? 0 : (compiled.regionPoints.get(region) ?? rules.otherRegionPoints)",
        replace: 'compiled.regionPoints.get(region) ?? rules.otherRegionPoints',
      },
    ],
  },
  {
    name: 'activity-counted-though-off',
    what: 'counts what a sender did though the rules turn it off',
    guarantee: 'G4',
    anomaly: 'enrichment_differs',
    why: 'the sender may have payments in other partitions',
    family: 'mapped',
    patches: [
      {
        file: 'src/payments/fraud.ts',
        in: 'assessFraud',
        find: "rules.activity === 'off' ? NO_ACTIVITY : counted",
        replace: 'counted',
      },
    ],
  },
  {
    name: 'missing-devices-counted',
    what: 'counts payments without a device as payments of one more device',
    guarantee: 'G4',
    anomaly: 'enrichment_differs',
    why: 'unique_devices_sender is one too many',
    family: 'mapped',
    patches: [
      {
        file: 'src/payments/state/activity.ts',
        in: 'SenderActivity.add',
        find: 'device.byteLength === 0 ? NO_DEVICE : this.#devices.use(device)',
        replace: 'this.#devices.use(device)',
      },
    ],
  },
];
