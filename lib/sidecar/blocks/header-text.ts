/** A text as the value of a header: in UTF-8, byte by byte, as Go sends it. What Node sends is Latin-1. */
export function headerText(text: string): string {
  return Buffer.from(text).toString('latin1');
}
