/** A stored file is not what was written. The message continues "PATH is unusable: ". */
export class DamagedFileError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DamagedFileError';
  }
}
