/**
 * A sink that acknowledges at once: the Write API's gRPC service, in its own process, that receives every append over a
 * real connection, reads the request (not the rows in it) and answers. It keeps nothing, so no takeover from its rows
 * is possible: streams are never finalized here. Run as a program it prints its port.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { protos } from '@google-cloud/bigquery-storage';
import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { endsWithUs } from './children.ts';

const { AppendRowsRequest, AppendRowsResponse, CreateWriteStreamRequest, WriteStream } =
  protos.google.cloud.bigquery.storage.v1;
type AppendRequest = protos.google.cloud.bigquery.storage.v1.AppendRowsRequest;
type AppendResponse = protos.google.cloud.bigquery.storage.v1.IAppendRowsResponse;
type CreateRequest = protos.google.cloud.bigquery.storage.v1.CreateWriteStreamRequest;
type Stream = protos.google.cloud.bigquery.storage.v1.IWriteStream;

const MAX_MESSAGE_BYTES = 20 * 1024 * 1024;
const SERVICE = '/google.cloud.bigquery.storage.v1.BigQueryWrite';

const DEFINITION = {
  createWriteStream: {
    path: `${SERVICE}/CreateWriteStream`,
    requestStream: false,
    responseStream: false,
    requestDeserialize: (bytes: Buffer) => CreateWriteStreamRequest.decode(bytes),
    requestSerialize: (request: CreateRequest) => Buffer.from(CreateWriteStreamRequest.encode(request).finish()),
    responseDeserialize: (bytes: Buffer) => WriteStream.decode(bytes),
    responseSerialize: (stream: Stream) => Buffer.from(WriteStream.encode(stream).finish()),
  },
  appendRows: {
    path: `${SERVICE}/AppendRows`,
    requestStream: true,
    responseStream: true,
    requestDeserialize: (bytes: Buffer) => AppendRowsRequest.decode(bytes),
    requestSerialize: (request: AppendRequest) => Buffer.from(AppendRowsRequest.encode(request).finish()),
    responseDeserialize: (bytes: Buffer) => AppendRowsResponse.decode(bytes),
    responseSerialize: (response: AppendResponse) => Buffer.from(AppendRowsResponse.encode(response).finish()),
  },
} as const;

/** Serves on 127.0.0.1; resolves with the port. */
export async function serveAcknowledgements(): Promise<{ readonly port: number; readonly server: Server }> {
  const server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  });
  let streams = 0;
  server.addService(DEFINITION, {
    createWriteStream(call: ServerUnaryCall<CreateRequest, Stream>, answer: sendUnaryData<Stream>) {
      streams += 1;
      answer(null, { name: `${call.request.parent}/streams/acknowledged-${streams}` });
    },
    appendRows(call: ServerDuplexStream<AppendRequest, AppendResponse>) {
      call.on('data', ({ offset, writeStream }: AppendRequest) => {
        call.write({ appendResult: { offset: { value: offset?.value ?? 0 } }, writeStream });
      });
      call.on('end', () => call.end());
      call.on('error', () => {});
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { port, server };
}

export interface AcknowledgingSink extends AsyncDisposable {
  /** gRPC host:port. */
  readonly address: string;
}

/** The same as a child process; ends with its input, after any ending of this process. */
export async function startAcknowledgingSink(): Promise<AcknowledgingSink> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'close');
  endsWithUs(child.pid, exited);
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    exited.then(() => Promise.reject(new Error('the acknowledging sink ended before it served'))),
  ])) as [string];
  return {
    address: `127.0.0.1:${line}`,
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await exited;
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { port } = await serveAcknowledgements();
  process.stdin.on('end', () => process.exit(0)).resume();
  process.stdout.write(`${port}\n`);
}
