/**
 * Node's options for a processor, which only its start can set. The image and `npm run provenonce` have the same
 * (launch.test.ts), and everything that starts a processor as an operator would uses these.
 */

/** The file that node runs, from the repository's root. */
export const ENTRY = 'src/cli/provenonce.mjs';

/**
 * The young generation: 8 MB a half. By default it grows past 100 MB under load. A processor's garbage is short-lived
 * at any size, so this is no slower and saves 120 MB of resident memory. The old generation is collected when it has
 * grown by half. Large buffers used to start a collection every half second; they are now reused, and the old
 * generation would grow to twice its size: 65 MB of records that waited long enough to get there.
 */
export const NODE_FLAGS: readonly string[] = ['--max-semi-space-size=8', '--heap-growing-percent=50'];

/** glibc: each further heap keeps what was freed in it, and a processor's threads do not allocate at the same time. */
export const LAUNCH_ENV: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: '2' };
