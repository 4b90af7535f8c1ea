/**
 * Reads drawn plans as they were saved before all faults had one language: `strikes`, each with words of its own. Gives a
 * document of today's form. It checks nothing: what it does not know stays as it is, and the schema refuses it.
 */

type Document = Readonly<Record<string, unknown>>;

const NAMES: Readonly<Record<string, string>> = {
  'network.cut': 'network_cut',
  'network.delay': 'network_delay',
  'network.black-hole': 'network_black_hole',
  'network.half-open': 'network_half_open',
  'kafka.answer': 'kafka_answer',
  'storage.answer': 'storage_answer',
  'rest.answer': 'rest_answer',
  'sink.finalize-streams': 'streams_finalized',
};

const DAMAGES: Readonly<Record<string, string>> = {
  delete: 'lost',
  truncate: 'truncated',
  'flip-bit': 'corrupted',
  swap: 'foreign',
};

/** Unchanged where it is no plan of the older form. */
export function ofTodaysForm(document: unknown): unknown {
  if (!isDocument(document) || !Array.isArray(document.strikes)) return document;
  const { strikes, ...plan } = document;
  return { ...plan, faults: (strikes as unknown[]).map((strike) => (isDocument(strike) ? faultOf(strike) : strike)) };
}

function faultOf({ what, afterRecords, processor: process, ...rest }: Document): Document {
  const when = { afterRecords };
  switch (what) {
    case 'kill':
    case 'stop': {
      const { damage, restartAfterMs } = rest;
      const disk = damage === undefined ? {} : { disk: DAMAGES[String(damage)] };
      return { what: what === 'kill' ? 'crash' : 'stop', process, restartAfterMs, ...disk, when };
    }
    case 'crash-point': {
      const { point, hit, restartAfterMs } = rest;
      return { what: 'crash', process, restartAfterMs, when: { ...when, point, hit } };
    }
    case 'pause':
      return { what: 'pause', process, forMs: rest.lastsMs, when };
    case 'out-of-files':
      return { what: 'out_of_files', cut: ['storage'], process, forMs: rest.lastsMs, when };
    case 'reset-group':
      return { what: 'reset_offsets', to: rest.to, when };
    case 'second-group':
      return { what: 'second_owner', forMs: rest.lastsMs, when };
    case 'fault': {
      const { fault, lastsMs, ...members } = isDocument(rest.fault) ? rest.fault : {};
      const time = rest.lane === 'takeover' ? {} : { when };
      return { what: NAMES[String(fault)], ...members, ...(lastsMs === undefined ? {} : { forMs: lastsMs }), ...time };
    }
    default:
      return { what, ...rest };
  }
}

function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
