import type { KeyObject } from 'node:crypto';

/** A key that wraps others, and what its owner lets it be used for. */
export interface Key {
  readonly material: KeyObject;
  /** The JWK member `use`; '': anything. */
  readonly use: string;
  /** The JWK member `key_ops`; empty: anything. */
  readonly operations: readonly string[];
  /** The JWK member `alg`; '': any. */
  readonly algorithm: string;
}

/** A key of which nothing but itself is known. */
export function unrestricted(material: KeyObject): Key {
  return { material, use: '', operations: [], algorithm: '' };
}

/** As components-contrib crypto/key.go. @throws Error in daprd's words */
export function requireUsable(
  { use, operations, algorithm }: Key,
  operation: 'wrapKey' | 'unwrapKey',
  wanted: string,
): void {
  const isListed = operations.length === 0 || operations.includes(operation);
  if (!isListed || (use !== '' && use !== 'enc'))
    throw new Error(`key cannot perform the '${operation}' operation`);
  if (algorithm !== '' && algorithm !== wanted)
    throw new Error(`key cannot be used with algorithm '${wanted}'`);
}
