// Compiled, never run: what must be accepted, and after @ts-expect-error what must not.
import type { Duplex } from 'node:stream';
import type { DaprClient } from '../../lib/index.js';

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2
    ? true
    : false;

function check<T extends true>(...proof: T[]): void {
  void proof;
}

export async function crypto({ crypto }: DaprClient): Promise<void> {
  const key = {
    componentName: 'vault',
    keyName: 'key',
    keyWrapAlgorithm: 'RSA',
  } as const;
  const stream = await crypto.encrypt(key);
  check<Same<typeof stream, Duplex>>();
  const document = await crypto.encrypt('text', { ...key, timeout: 100 });
  check<Same<typeof document, Buffer>>();
  await crypto.encrypt(new Uint8Array(2), key);
  await crypto.encrypt(new DataView(new ArrayBuffer(2)), key);
  await crypto.encrypt(new ArrayBuffer(2), key);
  const opened = await crypto.decrypt(document, { componentName: 'vault' });
  check<Same<typeof opened, Buffer>>();

  // @ts-expect-error a document is bytes
  await crypto.decrypt('text', { componentName: 'vault' });
  // @ts-expect-error no component
  await crypto.encrypt('text', { keyName: 'key', keyWrapAlgorithm: 'AES' });
  // @ts-expect-error no algorithm
  await crypto.encrypt({ componentName: 'vault', keyName: 'key' });
  // @ts-expect-error no algorithm of Dapr's
  await crypto.encrypt({ ...key, keyWrapAlgorithm: 'A128KW' });
}
