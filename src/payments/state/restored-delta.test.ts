/** What a store is given after a restore, and while nothing is saved for long. */
import { expect, it, vi } from 'vitest';
import { PartitionFold } from '../fold.ts';
import { emptyOutput, event, PLACE, record, settings } from '../testing/fold-fixture.ts';
import { DeltaLog } from './delta-log.ts';

function foldOf(count: number): PartitionFold {
  const fold = PartitionFold.fresh({ ...PLACE, startOffset: 0 });
  for (let offset = 0; offset < count; offset += 1) {
    fold.fold(record(offset, event({ transaction_id: `txn-${offset}` }, offset)), settings(), emptyOutput());
  }
  return fold;
}

it('a fold that was restored has changed nothing yet: its windows are in the store', () => {
  const stored = foldOf(5).export();
  expect([...stored.windows].length).toBeGreaterThan(0);
  const fold = PartitionFold.fromStored({ ...PLACE, stored });
  const { windows, remembered } = fold.takeDelta();
  expect([[...windows], [...remembered]]).toEqual([[], []]);
});

it('payments that wait to be saved are rid of the dead ones when they are many', () => {
  const compact = vi.spyOn(DeltaLog.prototype, 'compact');
  const isLarge = vi.spyOn(DeltaLog.prototype, 'isLarge', 'get').mockReturnValue(true);
  foldOf(3);
  expect(compact).toHaveBeenCalledTimes(3);
  isLarge.mockReturnValue(false);
  foldOf(3);
  expect(compact).toHaveBeenCalledTimes(3);
  vi.restoreAllMocks();
});
