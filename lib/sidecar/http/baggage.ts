import { headerOf, Headers, type HeaderBag } from '../../protocol/headers.js';
import type { ApiAnswer } from './api.js';

// https://www.w3.org/TR/baggage/#limits
const MOST_MEMBERS = 64;
const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
const KEY = new RegExp(`^${TOKEN}$`);
const VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/;
const PROPERTY = new RegExp(
  `^\\s*(?:${TOKEN}\\s*(?:=\\s*${VALUE.source.slice(1, -1)}\\s*)?)?$`,
);

/**
 * The baggage of a caller, which every answer gives back; '' without one.
 * @throws Error in the words of go.opentelemetry.io/otel/baggage, which daprd passes on
 */
export function baggageOf(headers: HeaderBag): string {
  const baggage = headerOf(headers, Headers.baggage) ?? '';
  const members = baggage === '' ? [] : baggage.split(',');
  if (members.length > MOST_MEMBERS)
    throw new Error('too many list-members in baggage-string');
  for (const member of members) checkMember(member);
  return baggage;
}

/** What a caller gets whose baggage can't be read. */
export function badBaggage(error: Error): ApiAnswer {
  return {
    status: 400,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
    },
    body: `invalid baggage header: ${error.message}\n`,
  };
}

function checkMember(member: string): void {
  const [pair = '', ...properties] = member.split(';');
  const wrong = properties.find((property) => !PROPERTY.test(property));
  if (wrong !== undefined)
    throw new Error(`invalid baggage list-member property: ${quote(wrong)}`);
  const mark = pair.indexOf('=');
  if (mark < 0)
    throw new Error(`invalid baggage list-member: ${quote(member)}`);
  const key = pair.slice(0, mark).trim();
  const value = pair.slice(mark + 1).trim();
  if (!KEY.test(key)) throw new Error(`invalid key: ${quote(key)}`);
  if (!VALUE.test(value)) throw new Error(`invalid value: ${quote(value)}`);
  const escape = /%(?![\dA-Fa-f]{2}).{0,2}/.exec(value);
  if (escape)
    throw new Error(`invalid value: invalid URL escape "${escape[0]}"`);
}

/** As Go's %q. Node reads each byte of a header as one character. */
function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\xff]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16)}`,
  );
}
