import { readFileSync } from 'node:fs';
import { component } from '../conformance/components.js';

/** The keys with which the recorded documents were made, as a JSON Web Key Set. */
export const RECORDED_KEYS = readFileSync(
  new URL('../fixtures/recordings/crypto-keys.json', import.meta.url),
  'utf8',
);

/** A component `jwks` that has these keys: sym, other, short, signing, wrapping, gcm, rsa, rsa-public. */
export const jwksComponent = (name = 'jwks', jwks = RECORDED_KEYS): string =>
  component('crypto.dapr.jwks', name, { jwks });
