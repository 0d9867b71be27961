import { readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Clock } from '../../protocol/clock.js';
import type { Key } from './key.js';
import { jwkKey } from './parse-key.js';

/** Finds a key by its name. @throws Error in daprd's words */
export type KeySource = (name: string) => Promise<Key>;

/** Settings of crypto.dapr.jwks. */
export interface JwksOptions {
  /** The set itself, also in base64, a file, or a URL. */
  readonly location: string;
  /** Milliseconds that a set from a URL may take. */
  readonly requestTimeout: number;
  /** Milliseconds after which a set from a URL is asked for again. */
  readonly refreshInterval: number;
  readonly clock: Clock;
}

/**
 * The keys of a JSON Web Key Set, by `kid`.
 * @see https://docs.dapr.io/reference/components-reference/supported-cryptography/json-web-key-sets/
 * @throws Error when there is no set at the location; one behind a URL is first asked for when it is needed
 */
export function jwksSource(options: JwksOptions): KeySource {
  const load = loader(options);
  return async (name) => {
    const found = (await load()).find(({ kid }) => kid === name);
    if (found) return found.key;
    throw new Error('key not found');
  };
}

type Jwks = readonly { readonly kid: unknown; readonly key: Key }[];

function loader(options: JwksOptions): () => Jwks | Promise<Jwks> {
  const { location } = options;
  if (/^https?:\/\//.test(location)) return fetched(options);
  if (isFile(location)) {
    parseJwks(readFileSync(location, 'utf8'));
    // Each time anew, since daprd watches it.
    return async () => parseJwks(await readFile(location, 'utf8'));
  }
  const keys = parseJwks(decoded(location));
  return () => keys;
}

function fetched(options: JwksOptions): () => Promise<Jwks> {
  const { location, requestTimeout, refreshInterval, clock } = options;
  let keys: Promise<Jwks> | undefined;
  let until = 0;
  return () => {
    if (keys && clock.now() < until) return keys;
    until = clock.now() + refreshInterval;
    const asked = fetchJwks(location, requestTimeout);
    keys = asked;
    // One that failed is not kept.
    asked.catch(() => (until = 0));
    return asked;
  };
}

async function fetchJwks(url: string, timeout: number): Promise<Jwks> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(timeout) });
  if (!answer.ok)
    throw new Error(`failed to fetch JWKS: status ${answer.status}`);
  return parseJwks(await answer.text());
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    // A set written out is longer than any path.
    return false;
  }
}

function decoded(text: string): string {
  const isBase64 = /^[A-Za-z0-9+/]+=*$/.test(text);
  return isBase64 ? Buffer.from(text, 'base64').toString() : text;
}

/** A set, or a single key. */
function parseJwks(text: string): Jwks {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Without the cause: V8's message quotes the keys.
    throw new Error(
      'the metadata "jwks" is neither a URL, nor a file, nor a key set in JSON',
    );
  }
  const { keys = [json] } = Object(json) as { keys?: unknown };
  if (!Array.isArray(keys)) throw new Error('the key set has no list of keys');
  return keys.map((jwk: unknown) => ({
    kid: (Object(jwk) as { kid?: unknown }).kid,
    key: jwkKey(jwk),
  }));
}
