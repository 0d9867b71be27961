/**
 * JSON as protobuf-go writes that of a google.protobuf.Value: keys in order, and no character escaped that need not be.
 * @see https://protobuf.dev/programming-guides/json/
 */
export function valueJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(valueJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${valueJson(member)}`);
  return `{${members.join(',')}}`;
}
