/** A body that daprd would not decode, in the words of Go's encoding/json, which daprd passes on to its callers. */
export class DecodeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DecodeError';
  }
}
