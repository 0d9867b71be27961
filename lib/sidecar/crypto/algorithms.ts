/** Key wrapping algorithms by their numbers in a document (dapr/kit schemes/enc/v1/algorithms.go). */
const KEY_ALGORITHMS = [
  'A256KW',
  'A128CBC-NOPAD',
  'A192CBC-NOPAD',
  'A256CBC-NOPAD',
  'RSA-OAEP-256',
] as const;

/** Ciphers of the data by their numbers in a document (dapr/kit schemes/enc/v1/ciphers.go). */
const CIPHERS = ['AES-GCM', 'CHACHA20-POLY1305'] as const;

export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number];
export type Cipher = (typeof CIPHERS)[number];

const ALIASES: Readonly<Record<string, KeyAlgorithm>> = {
  AES: 'A256KW',
  RSA: 'RSA-OAEP-256',
};

/** @throws Error in daprd's words */
export function keyAlgorithmOf(name: string): KeyAlgorithm {
  const wanted = name.toUpperCase();
  const found =
    ALIASES[wanted] ?? KEY_ALGORITHMS.find((known) => known === wanted);
  if (found) return found;
  throw new Error(
    `option Algorithm is not valid: algorithm ${wanted} is not supported`,
  );
}

/** @throws Error in daprd's words */
export function cipherOf(name: string): Cipher {
  const wanted = name.toUpperCase() || 'AES-GCM';
  const found = CIPHERS.find((known) => known === wanted);
  if (found) return found;
  throw new Error(
    `option Cipher is not valid: cipher ${wanted} is not supported`,
  );
}

export function keyAlgorithmNumber(algorithm: KeyAlgorithm): number {
  return KEY_ALGORITHMS.indexOf(algorithm) + 1;
}

export function keyAlgorithmAt(number: unknown): KeyAlgorithm | undefined {
  return KEY_ALGORITHMS[Number(number) - 1];
}

export function cipherNumber(cipher: Cipher): number {
  return CIPHERS.indexOf(cipher) + 1;
}

export function cipherAt(number: unknown): Cipher | undefined {
  return CIPHERS[Number(number) - 1];
}
