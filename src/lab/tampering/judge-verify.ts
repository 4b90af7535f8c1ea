/**
 * What `verify` says of a changed dataset. Noticed: FAIL with a finding that names the partition and the offset of the
 * change, or a stop with a named error that names the partition. Anything else it throws is a failure of its own.
 */

import { ContradictionError } from '../../base/errors.ts';
import type { Finding } from '../../checks/findings.ts';
import { GUARANTEES } from '../../checks/findings.ts';
import type { VerifyInputs } from '../../checks/inputs/verify-inputs.ts';
import { UnknownFoldVersion } from '../../checks/oracle/judge.ts';
import { type VerifyReport, verify } from '../../checks/verify.ts';
import type { Place } from './tampering.ts';

export type Sight =
  /** `by`: kinds of the findings at the place, or the code of the error. */
  | { readonly seen: 'noticed'; readonly by: readonly string[] }
  /** It is FAIL, and no finding names the place. */
  | { readonly seen: 'elsewhere'; readonly by: readonly string[]; readonly findings: readonly string[] }
  | { readonly seen: 'nothing'; readonly verdict: string }
  | { readonly seen: 'broken'; readonly error: string };

const FINDINGS_MAX = 10_000;

export async function sightOf(inputs: VerifyInputs, places: readonly Place[]): Promise<Sight> {
  try {
    return judged(await verify(inputs, { findingsMax: FINDINGS_MAX }), places);
  } catch (error) {
    if (error instanceof UnknownFoldVersion) return { seen: 'noticed', by: ['stops: fold_version'] };
    if (!(error instanceof ContradictionError)) return { seen: 'broken', error: String((error as Error).stack) };
    const names = ({ partition }: Place): boolean =>
      partition === null || error.message.includes(`partition ${partition}`);
    const by = [`stops: ${error.code}`];
    return places.some(names) ? { seen: 'noticed', by } : { seen: 'elsewhere', by, findings: [error.message] };
  }
}

function judged({ verdict, guarantees }: VerifyReport, places: readonly Place[]): Sight {
  if (verdict !== 'FAIL') return { seen: 'nothing', verdict };
  const findings = GUARANTEES.flatMap((guarantee) =>
    guarantees[guarantee].findings.map((finding) => ({ guarantee, finding })),
  );
  const there = findings.filter(({ finding }) => places.some((place) => isAt(finding, place)));
  const kinds = (found: typeof findings): string[] => [
    ...new Set(found.map(({ guarantee, finding }) => `${guarantee} ${finding.kind}`)),
  ];
  if (there.length > 0) return { seen: 'noticed', by: kinds(there) };
  return { seen: 'elsewhere', by: kinds(findings), findings: findings.map(({ finding }) => JSON.stringify(finding)) };
}

function isAt({ partition, offsets }: Finding, place: Place): boolean {
  return partition === place.partition && (place.offset === null || offsets.includes(place.offset));
}
