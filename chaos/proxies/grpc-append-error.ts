/** The answer by which AppendRows refuses one request and leaves the call open: its `error`, in the service's own encoding. */
import { protos } from '@google-cloud/bigquery-storage';

const { AppendRowsResponse } = protos.google.cloud.bigquery.storage.v1;

export function appendError(code: number, message: string): Buffer {
  return Buffer.from(AppendRowsResponse.encode({ error: { code, message } }).finish());
}
