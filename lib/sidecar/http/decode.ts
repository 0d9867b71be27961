/** A body that daprd would not decode, in the words of Go's encoding/json, which daprd passes on to its callers. */
export class DecodeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DecodeError';
  }
}

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
    value = JSON.parse(text.slice(0, new Scanner(text).endOfValue()));
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
 * on: without white space, with `<`, `>` and `&` escaped, and all else as it came. Undefined without such a member.
 */
export function memberText(body: Buffer, name: string): string | undefined {
  let found: string | undefined;
  new Scanner(body.toString('utf8')).members((key, text) => {
    if (key.toLowerCase() === name.toLowerCase()) found = text;
  });
  return found
    ?.replace(/("(?:[^"\\]|\\.)*")|\s+/g, '$1')
    .replace(
      /[<>&\u2028\u2029]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
}

type Visit = (key: string, text: string) => void;

/** Walks over one value with the wording of Go's scanner (encoding/json/scanner.go). */
class Scanner {
  private at = 0;

  constructor(private readonly text: string) {}

  endOfValue(): number {
    this.skipSpace();
    if (this.at >= this.text.length) throw new DecodeError('EOF');
    this.value();
    return this.at;
  }

  /** Of an object; of no other value. */
  members(visit: Visit): void {
    this.skipSpace();
    if (this.text[this.at] === '{') this.object(visit);
  }

  private value(): void {
    this.skipSpace();
    const char = this.peek();
    if (char === '{') this.object();
    else if (char === '[') this.array();
    else if (char === '"') this.string();
    else if (char === 't') this.literal('true');
    else if (char === 'f') this.literal('false');
    else if (char === 'n') this.literal('null');
    else if (char === '-' || isDigit(char)) this.number();
    else this.fail('looking for beginning of value');
  }

  private object(visit?: Visit): void {
    this.at += 1;
    this.skipSpace();
    if (this.peek() === '}') return void (this.at += 1);
    for (;;) {
      this.skipSpace();
      if (this.peek() !== '"')
        this.fail('looking for beginning of object key string');
      const key = this.at;
      this.string();
      const keyText = this.text.slice(key, this.at);
      this.expect(':', 'after object key');
      this.skipSpace();
      const start = this.at;
      this.value();
      visit?.(JSON.parse(keyText) as string, this.text.slice(start, this.at));
      if (this.endOf('}', 'after object key:value pair')) return;
    }
  }

  private array(): void {
    this.at += 1;
    this.skipSpace();
    if (this.peek() === ']') return void (this.at += 1);
    do this.value();
    while (!this.endOf(']', 'after array element'));
  }

  private string(): void {
    for (this.at += 1; this.peek() !== '"'; this.at += 1) {
      if (this.peek() < ' ') this.fail('in string literal');
      if (this.peek() !== '\\') continue;
      this.at += 1;
      if (this.peek() === 'u')
        for (let digits = 0; digits < 4; digits += 1) {
          this.at += 1;
          if (!/[0-9a-f]/i.test(this.peek()))
            this.fail('in \\u hexadecimal character escape');
        }
      else if (!'"\\/bfnrt'.includes(this.peek()))
        this.fail('in string escape code');
    }
    this.at += 1;
  }

  private literal(word: string): void {
    for (const letter of word) {
      if (this.peek() !== letter)
        this.fail(`in literal ${word} (expecting '${letter}')`);
      this.at += 1;
    }
  }

  private number(): void {
    if (this.peek() === '-') this.at += 1;
    if (this.peek() === '0') this.at += 1;
    else this.digits('in numeric literal');
    if (this.text[this.at] === '.') {
      this.at += 1;
      this.digits('after decimal point in numeric literal');
    }
    if (!/[eE]/.test(this.text[this.at] ?? '')) return;
    this.at += 1;
    if (/[+-]/.test(this.peek())) this.at += 1;
    this.digits('in exponent of numeric literal');
  }

  private digits(context: string): void {
    if (!isDigit(this.peek())) this.fail(context);
    while (isDigit(this.text[this.at] ?? '')) this.at += 1;
  }

  /** Steps over a comma or over `closing`, which ends the object or array. */
  private endOf(closing: string, context: string): boolean {
    this.skipSpace();
    const ended = this.peek() === closing;
    if (!ended && this.peek() !== ',') this.fail(context);
    this.at += 1;
    return ended;
  }

  private expect(char: string, context: string): void {
    this.skipSpace();
    if (this.peek() !== char) this.fail(context);
    this.at += 1;
  }

  private peek(): string {
    const char = this.text[this.at];
    if (char === undefined) throw new DecodeError('unexpected EOF');
    return char;
  }

  private skipSpace(): void {
    while (/[ \t\r\n]/.test(this.text[this.at] ?? '')) this.at += 1;
  }

  private fail(context: string): never {
    throw new DecodeError(
      `invalid character ${quoted(this.peek())} ${context}`,
    );
  }
}

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9';
}

function quoted(char: string): string {
  if (char === "'") return "'\\''";
  if (char === '"') return "'\"'";
  // Go scans bytes, so of a longer character it names the first.
  const byte = Buffer.from(char)[0] ?? 0;
  const escape = JSON.stringify(String.fromCharCode(byte)).slice(1, -1);
  if (byte >= 0x80 && byte < 0xa0) return `'\\u00${byte.toString(16)}'`;
  return `'${escape.replace('\\u00', '\\x')}'`;
}
