import { headerOf, Headers, type HeaderBag } from './headers.js';
import { decodePayload, PayloadError, toJson } from './payload.js';

/** What a JSON array without our header is, to those who know no header of ours: one argument, or their list. */
export type BareArray = 'single' | 'spread';

/** A method's arguments as they go over the wire. */
export interface EncodedArguments {
  /** Absent where there are no arguments. */
  readonly body?: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * None is an empty body, one is the bare JSON value, as every Dapr SDK sends it; more are a JSON array with a header
 * that says so. Undefined at the end is left out; in front of others it becomes null, and the header tells its place.
 * @param bare `spread` for an actor of another SDK that takes nothing but a list: one argument is sent as one, too
 * @throws PayloadError for what JSON can't carry
 */
export function encodeArguments(
  args: readonly unknown[],
  bare: BareArray = 'single',
): EncodedArguments {
  const count = args.findLastIndex((argument) => argument !== undefined) + 1;
  if (count === 0) return { headers: {} };
  if (count === 1 && bare === 'single')
    return { body: toJson(args[0]), headers: {} };
  const sent = args.slice(0, count);
  const absent = [...sent.keys()].filter((index) => sent[index] === undefined);
  return {
    body: `[${sent.map(itemJson).join()}]`,
    headers: {
      [Headers.actorArguments]:
        absent.length === 0 ? `${count}` : `${count};absent=${absent.join()}`,
    },
  };
}

const itemJson = (argument: unknown): string =>
  argument === undefined ? 'null' : toJson(argument);

/**
 * @param bare how an array without our header is read: as one argument, or as the list of arguments
 * @throws PayloadError where the body is not what its headers say
 */
export function decodeArguments(
  body: Buffer,
  headers: HeaderBag,
  bare: BareArray,
): unknown[] {
  const list = headerOf(headers, Headers.actorArguments);
  if (list !== undefined) return decodeList(body, list);
  if (body.length === 0) return [];
  const value = decodePayload(body, contentTypeOf(headers));
  // A proxy of ours marks a list as one, so its array is an array.
  if (bare === 'spread' && headers[Headers.envelope] === undefined)
    return Array.isArray(value) ? (value as unknown[]) : [value];
  return [value];
}

function decodeList(body: Buffer, list: string): unknown[] {
  const args = decodePayload(body, 'application/json');
  if (!Array.isArray(args))
    throw new PayloadError(
      `With the header ${Headers.actorArguments} the body must be the JSON array of the arguments`,
    );
  for (const index of list.split(';absent=')[1]?.split(',') ?? [])
    if (Number(index) in args) args[Number(index)] = undefined;
  return args as unknown[];
}

// What curl sends with -d when it is told no type; a JSON value is meant then, not a form.
const CURL = 'application/x-www-form-urlencoded';

function contentTypeOf(headers: HeaderBag): string | undefined {
  const type = headerOf(headers, 'content-type');
  return type?.startsWith(CURL) ? undefined : type;
}
