/** The real broker, through our adapter, held to the contract of the log. */
import { logSourceContract } from './log-source-suite.ts';
import { realLogs } from './testing/real-log.ts';

logSourceContract('the broker', realLogs);
