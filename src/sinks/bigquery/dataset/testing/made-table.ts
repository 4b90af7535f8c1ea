/** What the service's tables.get says of a table that was just made by our statement. */
import type { FieldResource, TableResource } from '../look-at-dataset.ts';
import type { WantedTable } from '../wanted-tables.ts';

export function made(table: WantedTable): TableResource {
  const { partitioning: by } = table;
  return {
    type: 'TABLE',
    creationTime: '1795995247850',
    schema: {
      fields: table.columns.map(
        ({ name, type, mode }): FieldResource => ({
          name,
          type,
          mode,
          ...(type === 'NUMERIC' ? { precision: '38', scale: '9' } : {}),
        }),
      ),
    },
    ...(by.kind === 'day' ? { timePartitioning: { type: 'DAY', field: by.column } } : {}),
    ...(by.kind === 'range'
      ? {
          rangePartitioning: {
            field: by.column,
            range: { start: String(by.start), end: String(by.end), interval: String(by.interval) },
          },
        }
      : {}),
    ...(table.clustering.length > 0 ? { clustering: { fields: table.clustering } } : {}),
  };
}
