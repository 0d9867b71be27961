/** YAML of resources, as short as the specs need them. */
export function component(
  type: string,
  name: string,
  metadata: Readonly<Record<string, string>> = {},
): string {
  const items = Object.entries(metadata).map(
    ([key, value]) =>
      `    - name: ${key}\n      value: ${JSON.stringify(value)}`,
  );
  return [
    'apiVersion: dapr.io/v1alpha1',
    'kind: Component',
    'metadata:',
    `  name: ${name}`,
    'spec:',
    `  type: ${type}`,
    '  version: v1',
    items.length === 0 ? '  metadata: []' : '  metadata:',
    ...items,
    '',
  ].join('\n');
}

export function resources(...documents: readonly string[]): string {
  return documents.join('---\n');
}
