/** Throw it to have a message delivered again, as far as the component's resiliency policy does so. */
export class RetryMessageException extends Error {
  constructor(
    message = 'the handler asked for another delivery',
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'RetryMessageException';
  }
}
