/** JSON as Go's encoding/json writes it. */
export function goJson(value: unknown): string {
  return JSON.stringify(value);
}
