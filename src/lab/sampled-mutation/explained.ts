/**
 * Survivors that a person has looked at and that no test can or should kill, with the reason. `equivalent`: nothing that
 * anybody can observe is different. `harmless`: something is (speed, memory, a number that was tuned, words), and no promise
 * depends on it. Ids that the code no longer has do no harm here.
 */
export interface Explained {
  readonly id: string;
  readonly as: 'equivalent' | 'harmless';
  readonly why: string;
}

const EQUIVALENT: Readonly<Record<string, string>> = {
  a0e0d7e4cf: 'without its blanks skipped an event is left to the general reader, which decides the same',
  c67c2d5ad6: 'a count of work that tests read as a difference',
  '7cfb7a347f': 'a value that is only there so that reads ahead are not dropped',
  '4e35764404': 'rows are not read ahead, which saves time and changes nothing',
  '7860ae4daa': 'one past the end there is neither a digit nor a separator',
  '2a3835a268': 'a request has a row at least: once one was sent, the greatest end is 1 or more',
  '4509412e0b': 'a journal with a key of another kind is refused when it is opened',
  '2020e99a4c': 'a journal with a key of another kind is refused when it is opened',
  '824ce8d422': 'a record is looked for again only where one was folded, and then its offset is known',
  e63b588010: 'a tag with another number, still unlike the others',
  da0259ea5e: 'a byte is never negative: both shifts are the same',
  eb00ccc970: 'the first look finds its range anew, from any start',
  '2aa3f32e24': 'an exponent of ten digits is as far out of range as the one that it was taken for',
  c7455b3d34: 'minutes have other numbers, and each still one of its own',
  '029f3997a3': 'the version of an assigner that never joins a group',
  '09f25b8e4a': 'the first memory of a batch: its first entry needs more, and it grows',
  '65342962f5': 'a comparison whose sign alone counts',
  df7c03a5ce: 'past the last interval there is none to compare with: the search takes a step more',
};

const HARMLESS: Readonly<Record<string, string>> = {
  e254760801: 'memory of the oracle: what is swept is below what it looks at',
  '66f4be6844': 'memory of the oracle: what is forgotten is older than what it counts',
  ca591f6907: 'the name of an error that nobody asks for',
  '19be82c5f8': 'words of a log line',
  f1c0e41ede: 'a log line',
  '0f81461611': 'an event for operators: that a wait is over',
  '94ae94a889': 'a wait that was tuned',
  '9e54d123bf': 'a wait that was tuned',
  '1a9caf0f33': 'a size that was tuned',
  '5926d2c3e2': 'a wait that was tuned',
  '9ede1c2de2': 'a pause that was tuned',
  '9ee3d4622b': 'a bound on attempts, far from where it counts',
  '040105aedd': 'a time limit that was tuned',
  '715e7ce73a': 'a share of memory that was tuned',
  '56db65e6fd': 'a look ahead that was tuned: a byte more past the longest card number with its separators',
  a639f74709: 'a segment closes some bytes earlier; its readers see no difference',
  '6699dbfced': 'an entry of exactly the bound, which is far above what a segment takes',
  '59948e67d8': 'the first checkpoint by rows comes one row later',
  '66d14f539f': 'a commit that is not answered is refused all the same, in other words',
  '81336c9f09': 'a timer that nobody waits for ends at its own limit',
  f570791b43: 'a timer that nobody waits for ends at its own limit',
  '410e8e5e36': 'the request after it waits for the connection as well',
  '9fe603beeb': 'an answer with an error holds no partition, and is refused for that',
  '73d326851b': 'a time that was tuned: a claim is renewed long before its streams expire',
  '8598815183': 'a bound on size, far from what clients send',
  '2cace1e70f': 'memory of a decompressor, which is collected',
  c80b05a7a7: 'the name of an error that nobody asks for',
  ac282c5ea6: 'a second end of the source, which its owner ignores',
};

export const EXPLAINED: readonly Explained[] = [
  ...Object.entries(EQUIVALENT).map(([id, why]): Explained => ({ id, as: 'equivalent', why })),
  ...Object.entries(HARMLESS).map(([id, why]): Explained => ({ id, as: 'harmless', why })),
];
