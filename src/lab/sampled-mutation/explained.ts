/**
 * Survivors that a person has looked at and that no test can or should kill, with the reason. `equivalent`: nothing that
 * anybody can observe is different. `harmless`: something is, and no promise depends on it. `real parts`: only a real broker
 * or sink tells; the contract test that does is named.
 */
export interface Explained {
  readonly id: string;
  readonly as: 'equivalent' | 'harmless' | 'real parts';
  readonly why: string;
}

export const EXPLAINED: readonly Explained[] = [];
