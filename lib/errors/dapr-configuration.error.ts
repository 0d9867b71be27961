/** The application is put together wrongly. Thrown at start; the message names the culprits and the remedy. */
export class DaprConfigurationError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DaprConfigurationError';
  }
}
