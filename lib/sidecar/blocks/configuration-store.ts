import { DaprConfigurationError } from '../../errors/dapr-configuration.error.js';
import { metadataValue, type Component } from '../resources/component.js';

export interface ConfigurationItem {
  readonly value: string;
  /** Empty where there is none. */
  readonly version: string;
}

/** `item` is undefined where the key is gone. */
export type ChangeListener = (
  key: string,
  item: ConfigurationItem | undefined,
) => void;

/**
 * A configuration store in memory, with the rules of components-contrib's configuration/redis: `value||version` is a
 * value with a version, and an empty value is none.
 */
export class ConfigurationStore {
  private readonly items = new Map<string, ConfigurationItem>();
  private readonly listeners = new Set<ChangeListener>();

  /** @throws DaprConfigurationError where the metadata "values" is no JSON object of texts */
  constructor(component: Component) {
    for (const [key, text] of initialValues(component))
      this.items.set(key, itemOf(text));
  }

  /** Those of the keys that have a value; without keys, all. */
  get(keys: readonly string[]): ReadonlyMap<string, ConfigurationItem> {
    const wanted = keys.length > 0 ? keys : [...this.items.keys()].sort();
    const found = new Map<string, ConfigurationItem>();
    for (const key of wanted) {
      const item = this.items.get(key);
      if (item && item.value !== '') found.set(key, item);
    }
    return found;
  }

  /**
   * Changes a value, and tells every subscriber of the key, also where the value is the one that it had.
   * @param text the value, with a version as `value||version`
   */
  set(key: string, text: string): void {
    const item = itemOf(text);
    this.items.set(key, item);
    this.tell(key, item.value === '' ? undefined : item);
  }

  /** Takes a key away. Subscribers are told of an item without a value. */
  delete(key: string): void {
    if (this.items.delete(key)) this.tell(key, undefined);
  }

  /** Calls back on every change of the keys, without keys on any, until the returned function is called. */
  listen(keys: readonly string[], listener: ChangeListener): () => void {
    const own: ChangeListener = (key, item) => {
      if (keys.length === 0 || keys.includes(key)) listener(key, item);
    };
    this.listeners.add(own);
    return () => void this.listeners.delete(own);
  }

  private tell(key: string, item: ConfigurationItem | undefined): void {
    for (const listener of this.listeners) listener(key, item);
  }
}

function itemOf(text: string): ConfigurationItem {
  const [value = '', version = ''] = text.split('||');
  return { value, version };
}

function initialValues(component: Component): [string, string][] {
  const text = metadataValue(component.metadata, 'values');
  if (!text) return [];
  const values = parsed(text);
  if (typeof values === 'object' && values !== null && !Array.isArray(values))
    return Object.entries(values).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
  throw new DaprConfigurationError(
    `${component.file}: Component "${component.name}": the metadata "values" is no mapping of keys to values.`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What is empty is left out, as Go's encoding/json does it. */
export function wireItem(
  item: ConfigurationItem | undefined,
): Record<string, string> {
  return {
    ...(item?.value && { value: item.value }),
    ...(item?.version && { version: item.version }),
  };
}
