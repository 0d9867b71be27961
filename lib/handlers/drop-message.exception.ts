/** Throw it to refuse a message for good: Dapr sends it to the dead letter topic, if there is one, and never again. */
export class DropMessageException extends Error {
  constructor(
    message = 'the handler dropped the message',
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'DropMessageException';
  }
}
