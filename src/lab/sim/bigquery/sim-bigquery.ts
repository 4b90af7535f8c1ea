/** The simulated BigQuery: tables, streams and ownership, and the connections of processes to them. */
import type { AppendTable, KnownPayment } from '../../../payments/types.ts';
import type { SimContext } from '../world/context.ts';
import type { Life } from '../world/life.ts';
import { copy } from './sim-encoder.ts';
import { SimOwnership } from './sim-ownership.ts';
import { SimQueries, type SimQueryService } from './sim-queries.ts';
import { SimSchemas } from './sim-schemas.ts';
import { type SimRow, SimTables } from './sim-tables.ts';
import { SimWriteRpc } from './sim-write-rpc.ts';
import type { SimWriteService } from './sim-write-service.ts';

export type Dialect = SimWriteService['dialect'];

/** Prefix of the table paths: `projects/sim-project/datasets/payment_data/tables/<table>`. */
export const SIM_DATASET = { projectId: 'sim-project', dataset: 'payment_data' } as const;

export class SimBigQuery implements SimWriteService, SimQueryService {
  readonly tables: SimTables;
  readonly ownership = new SimOwnership();
  /** known_payments, by list: what a world begins with. */
  readonly known = new Map<string, readonly KnownPayment[]>();
  readonly schemas = new SimSchemas();
  readonly dialect: Dialect;
  downUntilMs = 0;

  constructor(context: SimContext, dialect: Dialect) {
    this.tables = new SimTables(context);
    this.dialect = dialect;
  }

  writeRpc(life: Life): SimWriteRpc {
    return new SimWriteRpc(life, this);
  }

  queries(life: Life): SimQueries {
    return new SimQueries(life, this);
  }

  /** Everything that landed in a table, visible or not yet, in order of landing: for oracles. Copies. */
  rows<T extends AppendTable>(table: T): SimRow<T>[] {
    return this.tables.landed(table).map(copy);
  }
}
