/** The values of a configuration store, as an operator changes them while apps run. */
export interface ConfigurationValues {
  /**
   * Gives a key a value; those who subscribe to it are told. Await `idle()` for apps that are told over HTTP.
   * @param text the value, with a version as `value||version`
   */
  set(key: string, text: string): void;
  /** Takes a key away; those who subscribe to it are told of an empty value. */
  delete(key: string): void;
}
