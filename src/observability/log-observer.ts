/**
 * Writes each event of the processor as one log line, under its own name, at the level for its reader. Lines whose
 * numbers need interpretation have a `text` too.
 */
import type { Logger } from 'pino';
import type { Observer, ProcessorEvent, ProcessorEventType } from '../processor/events.ts';
import { eventText } from './event-text.ts';

type Level = 'debug' | 'info' | 'warn' | 'error';

/** All other events are `info`. */
const LEVELS: Partial<Record<ProcessorEventType, Level>> = {
  'batch.folded': 'debug',
  'append.acknowledged': 'debug',
  'checkpoint.written': 'debug',
  'offset.committed': 'debug',
  'log.recheck': 'debug',
  'takeover.finalized': 'debug',
  'service.waiting': 'warn',
  'group.session_lost': 'warn',
  'log.warning': 'warn',
  'records.rejected': 'warn',
  'log.out_of_place': 'warn',
  'settings.older': 'warn',
  'offset.commit_failed': 'warn',
  'state.discarded': 'warn',
  'takeover.lost_claim': 'warn',
  'takeover.counts_differ': 'warn',
  'partition.fenced': 'warn',
  'partition.stopped': 'error',
};

export function logObserver(logger: Logger): Observer {
  return {
    emit(event: ProcessorEvent) {
      const level =
        event.type === 'processor.stopped' && event.exitCode !== 0 ? 'error' : (LEVELS[event.type] ?? 'info');
      if (!logger.isLevelEnabled(level)) return;
      const { type, ...fields } = event;
      const text = eventText(event);
      logger[level]({ event: type, ...(text === undefined ? {} : { text }), ...fields });
    },
  };
}
