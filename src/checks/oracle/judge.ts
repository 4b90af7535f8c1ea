/**
 * Judges one record by the rules of the contract alone: either a payment, or the reasons for which it must be rejected, and
 * what the row of a rejected one must say. How a value is read depends on the settings entry that covers the record, by its
 * fold version: judge-version-1.ts, judge-version-2.ts, and judge-version-3.ts by a rules file.
 */
import type { RulesFrom, TopicRecord } from '../inputs/verify-inputs.ts';
import { judgeVersion1 } from './judge-version-1.ts';
import { judgeVersion2 } from './judge-version-2.ts';
import { judgeVersion3 } from './judge-version-3.ts';
import type { Circumstances, Judgement } from './judgement.ts';
import { UnreadableSchemaError } from './schemas/undecodable.ts';

/** The log was folded by rules that this release does not have: it cannot be judged. */
export class UnknownFoldVersion extends Error {
  constructor(foldVersion: number, partition: number, offset: number) {
    super(
      `partition ${partition}, offset ${offset}: the settings entry there is of fold version ${foldVersion}; this release knows 1, 2 and 3: ` +
        `run 'provenonce verify' of the release that processes this topic.`,
    );
    this.name = 'UnknownFoldVersion';
  }
}

export function judge(
  record: TopicRecord,
  { foldVersion, rules }: Pick<RulesFrom, 'foldVersion' | 'rules'>,
  circumstances: Circumstances,
): Judgement {
  if (foldVersion === 1) return judgeVersion1(record, circumstances);
  if (foldVersion === 2) return judgeVersion2(record, circumstances);
  if (foldVersion === 3 && rules?.text) {
    try {
      return judgeVersion3(record, rules.text, circumstances);
    } catch (error) {
      if (!(error instanceof UnreadableSchemaError)) throw error;
      throw new UnreadableSchemaError(`offset ${record.offset}: ${error.message}`);
    }
  }
  throw new UnknownFoldVersion(foldVersion, circumstances.partition, record.offset);
}
