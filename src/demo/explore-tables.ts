/** How to look at Delta tables in a folder, from a terminal: lines to paste. Pure. */

/** Needs the folder alone: no broker, and nothing of this project but the last line. */
export function exploreText(folder: string): string[] {
  return [
    '  duckdb -c "INSTALL delta; LOAD delta; SELECT kafka_partition, currency, count(*), sum(amount)',
    `    FROM delta_scan('${folder}/payment_transactions') GROUP BY ALL ORDER BY ALL"`,
    `  python3 -c "from deltalake import DeltaTable; print(DeltaTable('${folder}/payment_transactions').history(3))"`,
    `  SINK=delta DELTA_LOCATION=${folder} npm run provenonce -- reconcile`,
  ];
}
