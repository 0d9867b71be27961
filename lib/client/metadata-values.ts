/**
 * What a component is told beside the value, such as `ttlInSeconds` or `partitionKey`. Dapr knows text only; numbers
 * and booleans are written as text.
 */
export type MetadataValues = Readonly<
  Record<string, string | number | boolean>
>;

/** Metadata as Dapr takes it; undefined where there is none. */
export function metadataText(
  metadata: MetadataValues | undefined,
): Record<string, string> | undefined {
  if (metadata === undefined) return undefined;
  const text: Record<string, string> = {};
  for (const [key, value] of Object.entries(metadata))
    text[key] = String(value);
  return text;
}
