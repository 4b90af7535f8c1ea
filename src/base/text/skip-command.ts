/**
 * The `skip` command that errors print: complete, to be pasted. It is built only here, from the values of a range, so
 * that a message cannot be off by one against what `skip` takes.
 */

export interface GivenUp {
  readonly partition: number;
  /** The first offset to skip. */
  readonly from: number;
  /** The first offset to keep again. */
  readonly to: number;
  /** Also removes rows past the checkpoint whose records the log has lost. */
  readonly removeRows?: boolean;
}

/** `reason` is stored in the tables; the default asks for one. */
export function skipCommand({ partition, from, to, removeRows = false }: GivenUp, reason = 'WHY'): string {
  const quoted = /^[\w.-]+$/.test(reason) ? reason : JSON.stringify(reason);
  const more = removeRows ? ' --remove-rows' : '';
  return `provenonce skip --partition ${partition} --from ${from} --to ${to} --reason ${quoted}${more}`;
}
