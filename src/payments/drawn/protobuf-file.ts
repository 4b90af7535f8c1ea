/** A drawn .proto file as data, and its text. For tests and the simulated world. */

export interface ProtoEnum {
  readonly is: 'enum';
  readonly name: string;
  /** Name and number; in proto3 the first number is 0. */
  readonly values: readonly (readonly [name: string, number: number])[];
}

export interface ProtoMessage {
  readonly is: 'message';
  readonly name: string;
  readonly fields: ProtoField[];
}

export interface ProtoField {
  readonly name: string;
  readonly number: number;
  /** The name of a scalar, or a type that the file has. */
  readonly type: string | ProtoEnum | ProtoMessage;
  /** `plain`: without presence in proto3, and optional in proto2. */
  readonly label: 'plain' | 'optional' | 'required' | 'repeated' | 'map';
  /** Of a map. */
  readonly keyType?: string;
  readonly oneof?: string;
}

export interface ProtoFile {
  readonly syntax: 2 | 3;
  readonly package: string;
  readonly imports: readonly string[];
  readonly enums: readonly ProtoEnum[];
  /** At the top of the file, in its order. */
  readonly messages: readonly ProtoMessage[];
  /** The message of records: at the top, or declared inside of `outer`. */
  readonly outer?: string;
}

/** `declared`: the messages and enums that stand in this file. */
export function protoText(file: ProtoFile): string {
  const { syntax, imports, enums, messages, outer } = file;
  const [first, ...others] = messages.map((message) => messageText(message, syntax));
  const root = outer === undefined ? first : `message ${outer} { ${first} }`;
  return [
    `syntax = "proto${syntax}";`,
    `package ${file.package};`,
    ...imports.map((name) => `import "${name}";`),
    ...enums.map(enumText),
    ...others,
    root ?? '',
  ].join('\n');
}

function enumText({ name, values }: ProtoEnum): string {
  return `enum ${name} { ${values.map(([own, number]) => `${own} = ${number};`).join(' ')} }`;
}

function messageText({ name, fields }: ProtoMessage, syntax: 2 | 3): string {
  const oneofs = new Map<string, string[]>();
  const lines: string[] = [];
  for (const field of fields) {
    const { label, oneof, number } = field;
    const type = typeof field.type === 'string' ? field.type : field.type.name;
    const declared = `${type} ${field.name} = ${number};`;
    if (oneof !== undefined) oneofs.set(oneof, [...(oneofs.get(oneof) ?? []), declared]);
    else if (label === 'map') lines.push(`map<${field.keyType}, ${type}> ${field.name} = ${number};`);
    else if (label === 'plain') lines.push(`${syntax === 2 ? 'optional ' : ''}${declared}`);
    else lines.push(`${label} ${declared}`);
  }
  for (const [own, members] of oneofs) lines.push(`oneof ${own} { ${members.join(' ')} }`);
  return `message ${name} { ${lines.join(' ')} }`;
}
