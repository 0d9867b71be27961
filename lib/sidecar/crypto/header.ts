import { goJson } from '../../protocol/go-json.js';
import {
  cipherAt,
  cipherNumber,
  keyAlgorithmAt,
  keyAlgorithmNumber,
  type Cipher,
  type KeyAlgorithm,
} from './algorithms.js';

/** What a document says of itself in the clear (dapr/kit schemes/enc/v1/manifest.go). */
export interface Manifest {
  /** The key that opens it, where it names one. */
  readonly keyName: string;
  readonly algorithm: KeyAlgorithm;
  readonly wrappedKey: Buffer;
  readonly cipher: Cipher;
  readonly noncePrefix: Buffer;
}

/** The lines before the sealed data. */
export interface Header {
  readonly manifest: Manifest;
  /** What the signature is of. */
  readonly signed: Buffer;
  readonly signature: Buffer;
  /** What was read of the data behind the header. */
  readonly rest: Buffer;
}

export const NONCE_PREFIX_LENGTH = 7;

const SCHEME = 'dapr.io/enc/v1';
const LONGEST = 64 * 1024;
const NEWLINE = 0x0a;

/** The lines that are signed. */
export function headerOf(manifest: Manifest): string {
  const { keyName, algorithm, wrappedKey, cipher, noncePrefix } = manifest;
  const members = [
    ...(keyName ? [`"k":${goJson(keyName)}`] : []),
    `"kw":${keyAlgorithmNumber(algorithm)}`,
    `"wfk":"${wrappedKey.toString('base64')}"`,
    `"cph":${cipherNumber(cipher)}`,
    `"np":"${noncePrefix.toString('base64')}"`,
  ];
  return `${SCHEME}\n{${members.join(',')}}\n`;
}

/**
 * The lines with their signature.
 * @throws Error in daprd's words
 */
export function signedHeader(header: string, signature: Buffer): Buffer {
  const all = Buffer.from(`${header}${signature.toString('base64')}\n`);
  if (all.length > LONGEST)
    throw new Error('failed to sign header: header is too long');
  return all;
}

/**
 * Reads no more of the input than it needs.
 * @throws Error in daprd's words
 */
export async function readHeader(
  input: AsyncIterator<Buffer>,
): Promise<Header> {
  let read = Buffer.alloc(0);
  const ends: number[] = [];
  while (ends.length < 3 && read.length < LONGEST) {
    const { done, value } = await input.next();
    if (done) break;
    const from = read.length;
    read = Buffer.concat([read, value]);
    findEnds(read, from, ends);
  }
  const [first, second, third] = ends;
  if (first === undefined) throw invalid('scheme name not found');
  if (second === undefined) throw invalid('manifest not found');
  if (third === undefined)
    throw invalid('message authentication code not found');
  return {
    manifest: readManifest(read.toString('utf8', first + 1, second)),
    signed: read.subarray(0, second + 1),
    signature: Buffer.from(
      read.toString('latin1', second + 1, third),
      'base64',
    ),
    rest: read.subarray(third + 1),
  };
}

/** Looks for ends of lines where `text` is new, and refuses what no header begins with. */
function findEnds(text: Buffer, from: number, ends: number[]): void {
  let at = text.indexOf(NEWLINE, from);
  for (; at >= 0 && at < LONGEST; at = text.indexOf(NEWLINE, at + 1)) {
    const before = ends.at(-1);
    if (at === (before === undefined ? 0 : before + 1))
      throw invalid('invalid format');
    if (before === undefined && text.toString('latin1', 0, at) !== SCHEME)
      throw invalid('unsupported scheme');
    if (ends.push(at) === 3) return;
  }
}

function readManifest(text: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalid('invalid manifest');
  }
  const { k = '', kw, wfk, cph, np } = Object(json) as Record<string, unknown>;
  const algorithm = keyAlgorithmAt(kw);
  const cipher = cipherAt(cph);
  const wrappedKey = bytesOf(wfk);
  const noncePrefix = bytesOf(np);
  if (
    typeof k !== 'string' ||
    !algorithm ||
    !cipher ||
    wrappedKey.length === 0 ||
    noncePrefix.length !== NONCE_PREFIX_LENGTH
  )
    throw invalid('invalid manifest');
  return { keyName: k, algorithm, wrappedKey, cipher, noncePrefix };
}

const BASE64 =
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** None for what is no base64. */
function bytesOf(value: unknown): Buffer {
  const isBase64 = typeof value === 'string' && BASE64.test(value);
  return Buffer.from(isBase64 ? value : '', 'base64');
}

function invalid(problem: string): Error {
  return new Error(`invalid header: ${problem}`);
}
