import { DecodeError } from './decode-error.js';

export interface Token {
  readonly text: string;
  readonly at: number;
}

const TOKEN =
  /"(?:[^"\\]|\\[^])*"|-?\d[\d.eE+-]*|(?:true|false|null)(?![\w.+-])|[{}[\]:,]/y;
const INVALID = /[-+._a-zA-Z0-9/]+|[^]/y;

/** Walks over JSON in protobuf-go's way, and with its words (encoding/protojson). */
export class ProtoJsonReader {
  private next = 0;

  constructor(private readonly text: string) {}

  token(): Token {
    this.skipSpace();
    const at = this.next;
    if (at === this.text.length) throw new DecodeError('proto: unexpected EOF');
    TOKEN.lastIndex = at;
    const text = TOKEN.exec(this.text)?.[0];
    if (text === undefined) {
      INVALID.lastIndex = at;
      this.fail(
        { text: '', at },
        `invalid value ${INVALID.exec(this.text)?.[0]}`,
        'syntax error ',
      );
    }
    this.next = at + text.length;
    return { text, at };
  }

  /** The members of an object that begins with `first`: `read` takes the value of each. */
  members(first: Token, read: (name: Token) => void): void {
    this.items(first, '{', '}', (name) => {
      if (!name.text.startsWith('"')) this.unexpected(name);
      const colon = this.token();
      if (colon.text !== ':') this.unexpected(colon);
      read(name);
    });
  }

  /** The elements of an array that begins with `first`: `read` takes each, from its own first token on. */
  elements(first: Token, read: (first: Token) => void): void {
    this.items(first, '[', ']', read);
  }

  /** The value that begins with `first`, whatever it is. */
  value(first: Token): unknown {
    switch (first.text[0]) {
      case '{': {
        const members: [string, unknown][] = [];
        this.members(first, (name) =>
          members.push([this.string(name), this.value(this.token())]),
        );
        return Object.fromEntries(members);
      }
      case '[': {
        const values: unknown[] = [];
        this.elements(first, (element) => values.push(this.value(element)));
        return values;
      }
      case '"':
        return this.string(first);
      case ',':
      case ':':
      case '}':
      case ']':
        return this.unexpected(first);
      default:
        return this.scalar(first);
    }
  }

  /** Of a token that is one. */
  string({ text }: Token): string {
    const value = JSON.parse(text) as string;
    // Half of a surrogate pair waits for the other.
    if (/\p{Cs}/u.test(value)) throw new DecodeError('proto: unexpected EOF');
    return value;
  }

  end(): void {
    this.skipSpace();
    if (this.next < this.text.length) this.unexpected(this.token());
  }

  unexpected(token: Token): never {
    this.fail(token, `unexpected token ${token.text}`, 'syntax error ');
  }

  fail({ at }: Token, problem: string, kind = ''): never {
    const lines = this.text.slice(0, at).split('\n');
    const column = (lines.at(-1)?.length ?? 0) + 1;
    throw new DecodeError(
      `proto: ${kind}(line ${lines.length}:${column}): ${problem}`,
    );
  }

  private items(
    first: Token,
    opening: string,
    closing: string,
    read: (first: Token) => void,
  ): void {
    if (first.text !== opening) this.unexpected(first);
    for (let token = this.token(); token.text !== closing;) {
      read(token);
      const after = this.token();
      if (after.text === closing) return;
      if (after.text !== ',') this.unexpected(after);
      token = this.token();
    }
  }

  private scalar(token: Token): unknown {
    const value = JSON.parse(token.text) as unknown;
    if (typeof value === 'number' && !Number.isFinite(value))
      this.fail(token, `invalid google.protobuf.Value: ${token.text}`);
    return value;
  }

  private skipSpace(): void {
    while (/[ \t\r\n]/.test(this.text[this.next] ?? '')) this.next += 1;
  }
}
