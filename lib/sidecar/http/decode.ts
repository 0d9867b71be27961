import { DecodeError } from './decode-error.js';
import { JsonScanner } from './json-scanner.js';

/**
 * The first JSON value of a body. As with Go's Decoder, what follows that value is not looked at, and halves of surrogate
 * pairs are replaced. `anyField` is where values of any type may stand, in which no number is too large for a double.
 * @throws DecodeError
 */
export function decodeJson(body: Buffer, anyField?: string): unknown {
  const text = wellFormed(body.toString('utf8'));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = JSON.parse(text.slice(0, new JsonScanner(text).endOfValue()));
  }
  const tooLarge = anyField && tooLargeNumber(text);
  if (!tooLarge) return value;
  throw new DecodeError(
    `json: cannot unmarshal number ${tooLarge} into Go struct field ${anyField} of type float64`,
  );
}

const ESCAPE =
  /\\(?:u[dD][89abAB][\dA-Fa-f]{2}\\u[dD][c-fC-F][\dA-Fa-f]{2}|(?<half>u[dD][89A-Fa-f][\dA-Fa-f]{2})|[^])/g;

function wellFormed(text: string): string {
  if (!/\\u[dD][89A-Fa-f]/.test(text)) return text;
  return text.replace(ESCAPE, (escape, half?: string) =>
    half ? '\\ufffd' : escape,
  );
}

function tooLargeNumber(text: string): string | undefined {
  if (!/[eE]\+?\d{3}|\d{300}/.test(text)) return undefined;
  const tokens = text.matchAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g);
  for (const [token] of tokens)
    if (!token.startsWith('"') && Math.abs(Number(token)) === Infinity)
      return token;
  return undefined;
}

/**
 * The text of a member of a body that {@link decodeJson} has found to be an object, in the form in which daprd passes it
 * on. Undefined without such a member.
 */
export function memberText(body: Buffer, name: string): string | undefined {
  let found: string | undefined;
  new JsonScanner(body.toString('utf8')).members((key, text) => {
    if (key.toLowerCase() === name.toLowerCase()) found = text;
  });
  return found === undefined ? undefined : compactJson(found);
}

/** JSON as Go embeds it: without white space, with `<`, `>` and `&` escaped, and all else as it came. */
export function compactJson(text: string): string {
  return text
    .replace(/("[^"\\]*(?:\\.[^"\\]*)*")|\s+/g, '$1')
    .replace(
      /[<>&\u2028\u2029]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
}
