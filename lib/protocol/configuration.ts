/** One value of a configuration store. */
export interface ConfigurationItem {
  readonly key: string;
  /** Empty where the key is gone. */
  readonly value: string;
  /** Empty where the store has none. */
  readonly version: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Values of a configuration store by their keys. */
export class ConfigurationItems {
  readonly [key: string]: ConfigurationItem;
}

/** An item as it travels: over HTTP, what is empty is left out. */
export type WireConfigurationItem = Partial<Omit<ConfigurationItem, 'key'>>;

/** Puts items into the form in which the client and handlers give them. */
export function configurationItems(
  wire: Readonly<Record<string, WireConfigurationItem>>,
): ConfigurationItems {
  const items = new ConfigurationItems();
  for (const [key, item] of Object.entries(wire)) {
    const { value = '', version = '', metadata = {} } = item;
    // Defined, so that a key `__proto__` is a key.
    Object.defineProperty(items, key, {
      value: { key, value, version, metadata },
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return items;
}
