import { DecodeError } from './decode-error.js';

/** A body that daprd decodes into a message of gRPC: its fields by their JSON names. */
export type ProtoFields = Readonly<Record<string, 'string' | 'int32'>>;

type Values<TFields extends ProtoFields> = {
  -readonly [K in keyof TFields]: TFields[K] extends 'string' ? string : number;
};

interface Token {
  readonly text: string;
  readonly at: number;
}

const TOKEN =
  // eslint-disable-next-line no-control-regex
  /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|-?\d[\d.eE+-]*|(?:true|false|null)(?![\w.+-])|[{}[\]:,]/y;
const INVALID = /[-+._a-zA-Z0-9/]+|[^]/y;

const LARGEST_INT32 = 2 ** 31 - 1;

/**
 * The fields of a body in protobuf's JSON form: names in camelCase or snake_case, numbers also as text, null and what
 * is absent as empty, and unknown members passed over. Speaks of what is wrong in protobuf-go's words.
 * @throws DecodeError
 * @see https://protobuf.dev/programming-guides/json/
 */
export function decodeProtoJson<TFields extends ProtoFields>(
  body: Buffer,
  fields: TFields,
): Values<TFields> {
  const values: Record<string, string | number> = {};
  for (const [name, type] of Object.entries(fields))
    values[name] = type === 'string' ? '' : 0;
  if (body.length > 0) new Reader(body.toString()).fields(fields, values);
  return values as Values<TFields>;
}

class Reader {
  private next = 0;
  private readonly seen = new Set<string>();

  constructor(private readonly text: string) {}

  fields(fields: ProtoFields, values: Record<string, string | number>): void {
    this.expect((text) => text === '{');
    for (let token = this.token(); token.text !== '}';) {
      this.member(token, fields, values);
      if (this.expect((text) => text === ',' || text === '}').text === '}')
        break;
      token = this.token();
    }
    this.skipSpace();
    if (this.next < this.text.length) this.unexpected(this.token());
  }

  private member(
    token: Token,
    fields: ProtoFields,
    values: Record<string, string | number>,
  ): void {
    if (!token.text.startsWith('"')) this.unexpected(token);
    const written = JSON.parse(token.text) as string;
    this.expect((text) => text === ':');
    const name = camelCase(written);
    const type = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (type === undefined) return this.skipValue();
    if (this.seen.has(name))
      this.fail(token, `duplicate field ${JSON.stringify(written)}`);
    this.seen.add(name);
    const value = this.token();
    if (value.text === 'null') return;
    const read = type === 'string' ? textOf(value) : int32Of(value);
    if (read === undefined)
      this.fail(
        value,
        `invalid value for ${type} field ${name}: ${value.text}`,
      );
    values[name] = read;
  }

  private skipValue(): void {
    let depth = 0;
    do {
      const { text } = this.token();
      if (text === '{' || text === '[') depth += 1;
      else if (text === '}' || text === ']') depth -= 1;
    } while (depth > 0);
  }

  private expect(isDue: (text: string) => boolean): Token {
    const token = this.token();
    if (!isDue(token.text)) this.unexpected(token);
    return token;
  }

  private token(): Token {
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

  private skipSpace(): void {
    while (/[ \t\r\n]/.test(this.text[this.next] ?? '')) this.next += 1;
  }

  private unexpected(token: Token): never {
    this.fail(token, `unexpected token ${token.text}`, 'syntax error ');
  }

  private fail({ at }: Token, problem: string, kind = ''): never {
    const lines = this.text.slice(0, at).split('\n');
    const column = (lines.at(-1)?.length ?? 0) + 1;
    throw new DecodeError(
      `proto: ${kind}(line ${lines.length}:${column}): ${problem}`,
    );
  }
}

function textOf({ text }: Token): string | undefined {
  return text.startsWith('"') ? (JSON.parse(text) as string) : undefined;
}

function int32Of({ text }: Token): number | undefined {
  const number = Number(text.replace(/^"(.*)"$/s, '$1') || 'none');
  return Number.isInteger(number) && Math.abs(number) <= LARGEST_INT32
    ? number
    : undefined;
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
