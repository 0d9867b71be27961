import { DaprBadRequestError } from '../errors/dapr-bad-request.error.js';

/** What is sent as text: what is undefined is left out. */
export type TextValues = Readonly<
  Record<string, string | number | boolean | undefined>
>;

/**
 * What a component is told beside the value, such as `ttlInSeconds` or `partitionKey`. Dapr knows text only; numbers
 * and booleans are written as text, and what is undefined is left out.
 */
export type MetadataValues = TextValues;

/**
 * Metadata as Dapr takes it; undefined where there is none.
 * @throws {@link DaprBadRequestError} for what is no text
 */
export function metadataText(
  operation: string,
  metadata: MetadataValues | undefined,
): Record<string, string> | undefined {
  return metadata && textOf(operation, 'metadata', metadata);
}

/**
 * @param what the values' meaning, for the error: `metadata`
 * @throws {@link DaprBadRequestError} for what is no text
 */
export function textOf(
  operation: string,
  what: string,
  values: TextValues,
): Record<string, string> {
  const text: Record<string, string> = {};
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue;
    if (!SENDABLE.has(typeof value))
      throw new DaprBadRequestError(
        `${operation} failed: "${key}" of the ${what} is ${kindOf(value)}; text, a number or a boolean is due.`,
        { operation },
      );
    text[key] = String(value);
  }
  return text;
}

const SENDABLE: ReadonlySet<string> = new Set(['string', 'number', 'boolean']);

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
