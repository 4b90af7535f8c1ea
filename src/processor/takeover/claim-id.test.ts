import { describe, expect, it } from 'vitest';
import type { Ownership, StreamRef } from '../ports.ts';
import { claimIdOf, epochContradiction } from './claim-id.ts';

const runtime = { uuid: () => 'name' };

function row(epoch: number, claimId: string, streamEpochs: readonly number[]): Ownership {
  const streams = streamEpochs.map((each) => ({ epoch: each })) as StreamRef[];
  return { epoch, claimId, streams } as unknown as Ownership;
}

describe('the id of a claim', () => {
  it('says the epoch that it makes, and an operator says what he is', () => {
    expect(claimIdOf(7, runtime)).toBe('7:name');
    expect(claimIdOf(7, runtime, 'hold')).toBe('7:hold:name');
  });

  it('contradicts a row whose epoch is another', () => {
    expect(epochContradiction(row(7, '7:name', [6, 7]))).toBeUndefined();
    expect(epochContradiction(row(6, '7:name', [6]))).toContain('made epoch 7');
    expect(epochContradiction(row(8, '7:name', [7]))).toContain('made epoch 7');
  });

  it('of an older release says nothing, and the streams do', () => {
    const plain = '12345678-1111-4222-8333-444455556666';
    expect(epochContradiction(row(0, '', []))).toBeUndefined();
    expect(epochContradiction(row(7, plain, [6, 7]))).toBeUndefined();
    // An operator of then held it.
    expect(epochContradiction(row(8, plain, [7]))).toBeUndefined();
    expect(epochContradiction(row(6, plain, [6, 7]))).toContain('one of epoch 7');
  });
});
