import { describe, expect, it } from 'vitest';
import type { Ownership } from '../ports.ts';
import { claimIdOf, ownershipContradiction } from './claim-id.ts';

const runtime = { uuid: () => 'name' };

function row(epoch: number, claimId: string, contradiction?: string): Ownership {
  return { epoch, claimId, ...(contradiction === undefined ? {} : { contradiction }) } as unknown as Ownership;
}

describe('the id of a claim', () => {
  it('says the epoch that it makes, and an operator says what he is', () => {
    expect(claimIdOf(7, runtime)).toBe('7:name');
    expect(claimIdOf(7, runtime, 'hold')).toBe('7:hold:name');
  });

  it('contradicts a row whose epoch is another', () => {
    expect(ownershipContradiction(row(7, '7:name'))).toBeUndefined();
    expect(ownershipContradiction(row(6, '7:name'))).toContain('made epoch 7');
    expect(ownershipContradiction(row(8, '7:name'))).toContain('made epoch 7');
  });

  it('of an older release says nothing, and what the sink finds wrong does', () => {
    const plain = '12345678-1111-4222-8333-444455556666';
    expect(ownershipContradiction(row(0, ''))).toBeUndefined();
    expect(ownershipContradiction(row(7, plain))).toBeUndefined();
    expect(ownershipContradiction(row(6, plain, 'a later epoch is in it'))).toBe('a later epoch is in it');
  });
});
