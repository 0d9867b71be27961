import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { KeySource } from './jwks.js';
import type { Key } from './key.js';
import { parseKey } from './parse-key.js';

const FORMS: Readonly<Record<string, 'jwk' | 'pem'>> = {
  '.json': 'jwk',
  '.pem': 'pem',
};

/**
 * The keys in the files of a folder, by file name; read each time, as daprd does.
 * @see https://docs.dapr.io/reference/components-reference/supported-cryptography/local-storage/
 */
export function localStorageSource(folder: string): KeySource {
  return async (name) => {
    if (name.includes('..'))
      throw new Error("invalid key path: cannot contain '..'");
    const path = join(folder, name);
    const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      throw new Error(`failed to load key '${name}': ${reasonOf(error, path)}`);
    });
    return parsed(bytes, FORMS[extname(path).toLowerCase()]);
  };
}

/** @throws Error unless there is such a folder */
export function requireFolder(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory()) return path;
  throw new Error(
    `the metadata "path" names ${path}, which is ${stats ? 'no folder' : 'not there'}`,
  );
}

function parsed(bytes: Buffer, form: 'jwk' | 'pem' | undefined): Key {
  try {
    return parseKey(bytes, form);
  } catch (cause) {
    throw new Error(
      `failed to parse key from secret: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** As Go says it. */
function reasonOf(error: NodeJS.ErrnoException, path: string): string {
  switch (error.code) {
    case 'ENOENT':
      return `open ${path}: no such file or directory`;
    case 'EACCES':
      return `open ${path}: permission denied`;
    case 'EISDIR':
      return `read ${path}: is a directory`;
    default:
      return error.message;
  }
}
