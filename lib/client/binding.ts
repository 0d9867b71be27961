import type { CallOptions } from './call-options.js';
import type { MetadataValues } from './metadata-values.js';

/**
 * Output bindings. Input bindings are `@InputBinding`.
 * @see https://docs.dapr.io/reference/api/bindings_api/
 */
export interface ClientBinding {
  /**
   * Has the component do `operation` and resolves with what it answers: JSON where it is some, else text, else a
   * Buffer; undefined where it answers nothing.
   * @param data any JSON; a Buffer goes as base64. A component gets the JSON itself: a string with its quotes, and `null`
   * where there is nothing
   * @param metadata as the component takes it, such as `fileName`
   * @throws DaprNotFoundError for an unknown binding
   */
  send<T = unknown>(
    bindingName: string,
    operation: string,
    data?: unknown,
    metadata?: MetadataValues,
    options?: CallOptions,
  ): Promise<T>;
}
