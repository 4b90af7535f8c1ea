/**
 * The command that gives offsets up, as errors print it: complete, so that it can be pasted, and made in this one place from
 * the values of a range, so that no message is off by one against what `skip` takes.
 */

export interface GivenUp {
  readonly partition: number;
  /** The first offset to give up. */
  readonly from: number;
  /** The first offset to keep again. */
  readonly to: number;
  /** Rows past the checkpoint whose records the log has lost go with the range. */
  readonly removeRows?: boolean;
}

/** `reason` stays in the tables; the default asks for one. */
export function skipCommand({ partition, from, to, removeRows = false }: GivenUp, reason = 'WHY'): string {
  const quoted = /^[\w.-]+$/.test(reason) ? reason : JSON.stringify(reason);
  const more = removeRows ? ' --remove-rows' : '';
  return `provenonce skip --partition ${partition} --from ${from} --to ${to} --reason ${quoted}${more}`;
}
