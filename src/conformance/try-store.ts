/**
 * Tries everything that the protocol needs of a store of Delta tables, in a folder that is made for it and removed again. It
 * touches nothing outside of that folder.
 */
import type { Runtime } from '../base/runtime.ts';
import type { ObjectStore } from '../sinks/delta/ports.ts';
import type { ConformanceOptions } from './conformance.ts';
import { STORE_NEEDS } from './store-needs.ts';
import { type ConformanceReport, conforms, type NeedReport, tryNeedOn } from './try-need.ts';

export interface StoreUnderTest {
  /** A way to the store that shares no connection with the others. `requestTimeoutMs`: requests are given up after it. */
  readonly open: (requestTimeoutMs?: number) => ObjectStore;
  /** Requests to it can be given up. */
  readonly isRemote: boolean;
  readonly runtime: Runtime;
}

const WAYS = 4;
/** Shorter than a request takes to most stores: its outcome is not known then. */
const HASTY_MS = 5;

export function newFolderName(runtime: Pick<Runtime, 'uuid'>): string {
  return `provenonce_conformance_${runtime.uuid().replaceAll('-', '').slice(0, 12)}`;
}

/** One need after the other. Removes all objects of the folder afterwards, unless `keep`. */
export async function tryStore(
  { open, isRemote, runtime }: StoreUnderTest,
  folder: string,
  options: Pick<ConformanceOptions, 'only' | 'onNeed'> & { readonly keep?: boolean } = {},
): Promise<ConformanceReport> {
  const stores = [open(), open(), ...Array.from({ length: WAYS - 2 }, () => open())] as const;
  const hasty = isRemote ? open(HASTY_MS) : undefined;
  const needs: NeedReport[] = [];
  try {
    for (const need of STORE_NEEDS) {
      if (options.only !== undefined && !options.only.includes(need.name)) continue;
      const bench = { stores, hasty, prefix: `${folder}/${need.name}/`, runtime };
      const report = await tryNeedOn(need, bench, runtime);
      needs.push(report);
      options.onNeed?.(report);
    }
    if (options.keep !== true) await removeAll(stores[0], `${folder}/`);
    return { conforms: conforms(needs), needs };
  } finally {
    for (const store of [...stores, ...(hasty === undefined ? [] : [hasty])]) store.close();
  }
}

async function removeAll(store: ObjectStore, prefix: string): Promise<void> {
  const keys: string[] = [];
  for await (const page of store.list(prefix)) keys.push(...page.map(({ key }) => key));
  await store.remove(keys);
}
