/**
 * How node is started for a processor: what only the launch can set. The image and `npm run provenonce` say the same
 * (launch.test.ts), and whoever starts a processor as an operator would starts it so.
 */

/** What node is given to run, from the repository's root. */
export const ENTRY = 'src/cli/provenonce.mjs';

/**
 * The young generation: 8 MB a half; left alone it grows past 100 MB under load. A processor's garbage is short-lived
 * whatever its size: no slower, and 120 MB less resident.
 * The old generation: collected when it has grown by half. Large buffers used to bring a collection every half second; since
 * they are used again, it would grow to twice its size, with records that waited long enough to get there: 65 MB.
 */
export const NODE_FLAGS: readonly string[] = ['--max-semi-space-size=8', '--heap-growing-percent=50'];

/** glibc: each further heap keeps what was freed in it; a processor's threads do not allocate at the same time. */
export const LAUNCH_ENV: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: '2' };
