/** Loaded before a processor whose disk is going to be full: writing past the limit is an error, not the end. */
process.on('SIGXFSZ', () => {});
