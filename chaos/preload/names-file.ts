/** How a fault tells a running processor what to do with names: by a file beside its local state, looked for at every lookup. */

export interface NamesTrouble {
  /** Every answer comes so much later. */
  readonly delayMs?: number;
  /** No answer: as getaddrinfo says it. */
  readonly error?: 'EAI_AGAIN' | 'ENOTFOUND';
}

export function namesFile(checkpointLocation: string): string {
  return `${checkpointLocation}.names.json`;
}
