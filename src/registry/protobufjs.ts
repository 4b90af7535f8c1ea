/** The package protobufjs, loaded when the first Protobuf schema is read: a start without one does not pay for it. */
import { createRequire } from 'node:module';
import type * as Protobufjs from 'protobufjs';

const require = createRequire(import.meta.url);

export function protobufjs(): typeof Protobufjs {
  return require('protobufjs') as typeof Protobufjs;
}

/** One of the files of google/protobuf that the package has beside its common ones. */
export function googleJson(name: 'api' | 'descriptor' | 'source_context' | 'type'): Protobufjs.INamespace {
  return require(`protobufjs/google/protobuf/${name}.json`) as Protobufjs.INamespace;
}
