/**
 * JSON as Go's encoding/json writes it: keys in order, `<`, `>`, `&` escaped, halves of surrogate pairs replaced. A
 * BigInt becomes its digits.
 * @see https://pkg.go.dev/encoding/json#Marshal
 */
export function goJson(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'bigint') return String(value);
  if (Object.is(value, -0)) return '-0';
  if (typeof value !== 'object' || value === null)
    return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`;
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${quote(key)}:${goJson(member)}`).join(',')}}`;
}

function quote(text: string): string {
  return JSON.stringify(text.replace(/\p{Cs}/gu, '\ufffd')).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const MARK = '\u0000integer:';

/**
 * JSON.parse that keeps all digits of integers beyond 2^53, as a BigInt, for what is only passed on.
 * @throws SyntaxError
 */
export function parseExactJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!/\d{16}/.test(text)) return value;
  const marked = text.replace(TOKEN, (token) =>
    /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token))
      ? JSON.stringify(MARK + token)
      : token,
  );
  return JSON.parse(marked, (_, member: unknown) =>
    typeof member === 'string' && member.startsWith(MARK)
      ? BigInt(member.slice(MARK.length))
      : member,
  );
}
