import { DecodeError } from './decode-error.js';

type Visit = (key: string, text: string) => void;

/** Walks over one value with the wording of Go's scanner (encoding/json/scanner.go). */
export class JsonScanner {
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
