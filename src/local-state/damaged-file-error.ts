/** A stored file is not what was written. The message goes on from "PATH is unusable: ". */
export class DamagedFileError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DamagedFileError';
  }
}
