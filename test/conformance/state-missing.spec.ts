import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { component } from './components.js';
import { call, errorOf, messageOf } from './wire.js';

describe('a state store that is not there', () => {
  const calls: readonly [string, string, unknown][] = [
    ['GET', '/v1.0/state/nope/k', undefined],
    ['POST', '/v1.0/state/nope', [{ key: 'a', value: 1 }]],
    ['DELETE', '/v1.0/state/nope/k', undefined],
    ['POST', '/v1.0/state/nope/bulk', { keys: ['a'] }],
    ['POST', '/v1.0/state/nope/transaction', { operations: [] }],
    ['POST', '/v1.0-alpha1/state/nope/query', {}],
  ];

  describe('beside another', () => {
    let sidecar: Sidecar;
    beforeAll(async () => {
      sidecar = await startSidecar({
        resources: component('state.in-memory', 'store'),
      });
    });
    afterAll(async () => {
      await sidecar?.stop();
    });

    it.each(calls)('is answered 400: %s %s', async (verb, path, body) => {
      const answer = await call(sidecar, verb, path, body);
      expect(errorOf(answer)).toEqual({
        status: 400,
        errorCode: 'ERR_STATE_STORE_NOT_FOUND',
        reason: 'DAPR_STATE_NOT_FOUND',
      });
      expect(messageOf(answer)).toBe('state store nope is not found');
    });
  });

  describe('where there is none at all', () => {
    let sidecar: Sidecar;
    beforeAll(async () => {
      sidecar = await startSidecar();
    });
    afterAll(async () => {
      await sidecar?.stop();
    });

    it.each(calls)('is answered 500: %s %s', async (verb, path, body) => {
      const answer = await call(sidecar, verb, path, body);
      expect(errorOf(answer)).toEqual({
        status: 500,
        errorCode: 'ERR_STATE_STORE_NOT_CONFIGURED',
        reason: 'DAPR_STATE_NOT_CONFIGURED',
      });
      expect(messageOf(answer)).toBe('state store nope is not configured');
    });
  });
});
