/** The sinks on which the lab runs. */
export const SINK_NAMES = ['bigquery', 'delta'] as const;
export type SinkName = (typeof SINK_NAMES)[number];
