import { DaprConfigurationError } from '../../errors/dapr-configuration.error.js';

type Values = Readonly<Record<string, unknown>>;

/** A mapping of a resource file, read field by field; what is wrong is said with file, resource and path. */
export class Fields {
  constructor(
    /** Where the mapping stands, for messages: `components/orders.yaml: Component "orders"`. */
    readonly place: string,
    private readonly path: string,
    private readonly values: Values,
  ) {}

  has(key: string): boolean {
    return this.values[key] !== undefined && this.values[key] !== null;
  }

  /** A scalar as text; numbers and booleans are accepted, since YAML makes them of unquoted words. */
  text(key: string): string | undefined {
    if (!this.has(key)) return undefined;
    const value = this.values[key];
    return isScalar(value) ? String(value) : this.fail(key, 'must be a text');
  }

  requiredText(key: string): string {
    const value = this.text(key);
    if (value === undefined || value === '') this.fail(key, 'is missing');
    return value;
  }

  /** Any value as text: what is no scalar as JSON, as daprd hands it to a component. */
  anyText(key: string): string | undefined {
    const value = this.values[key];
    if (typeof value === 'object' && value !== null)
      return JSON.stringify(value);
    return this.text(key);
  }

  flag(key: string): boolean | undefined {
    if (!this.has(key)) return undefined;
    const value = this.values[key];
    if (typeof value !== 'boolean') this.fail(key, 'must be true or false');
    return value;
  }

  integer(key: string): number | undefined {
    if (!this.has(key)) return undefined;
    const value = Number(this.values[key]);
    if (!Number.isSafeInteger(value)) this.fail(key, 'must be a whole number');
    return value;
  }

  /** A nested mapping; an empty one when the field is absent. */
  fields(key: string): Fields {
    const value = this.values[key] ?? {};
    if (!isMapping(value)) this.fail(key, 'must be a mapping');
    return new Fields(this.place, this.pathOf(key), value);
  }

  /** Nested mappings by their names. */
  named(key: string): [name: string, fields: Fields][] {
    const nested = this.fields(key);
    return Object.keys(nested.values).map((name) => [
      name,
      nested.fields(name),
    ]);
  }

  list(key: string): Fields[] {
    return this.items(key).map((item, index) => {
      if (!isMapping(item)) this.fail(`${key}[${index}]`, 'must be a mapping');
      return new Fields(this.place, this.pathOf(`${key}[${index}]`), item);
    });
  }

  texts(key: string): string[] {
    return this.items(key).map((item, index) => {
      if (isScalar(item)) return String(item);
      return this.fail(`${key}[${index}]`, 'must be a text');
    });
  }

  /** A mapping of texts; undefined when the field is absent. */
  textMap(key: string): Record<string, string> | undefined {
    if (!this.has(key)) return undefined;
    const nested = this.fields(key);
    return Object.fromEntries(
      Object.keys(nested.values).map((name) => [name, nested.text(name) ?? '']),
    );
  }

  fail(key: string, problem: string): never {
    throw new DaprConfigurationError(
      `${this.place}: ${this.pathOf(key)} ${problem}.`,
    );
  }

  private items(key: string): unknown[] {
    const value = this.values[key] ?? [];
    if (!Array.isArray(value)) this.fail(key, 'must be a list');
    return value;
  }

  private pathOf(key: string): string {
    return this.path === '' ? key : `${this.path}.${key}`;
  }
}

function isScalar(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function isMapping(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
