import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { compilerOptions, errorsOf, programOf } from '../package/compile.js';

const source = readFileSync('test/integration/sdk/parking.ts', 'utf8');
const ofClient = readFileSync('test/types/sdk-client.types.ts', 'utf8');

describe('an actor that was written for @dapr/dapr', () => {
  it.each(['@dapr/dapr', 'nestjs-dapr/sdk'])(
    'compiles with its import from %s, and nothing else changed',
    (name) => {
      const text = source.replace("'nestjs-dapr/sdk'", `'${name}'`);
      const program = programOf({ 'parking.ts': text }, compilerOptions());
      expect(text).toContain(`from '${name}'`);
      expect(errorsOf(program)).toEqual([]);
    },
  );
});

describe('what calls the client as code for @dapr/dapr does', () => {
  it.each([
    ['as it is here', 'nestjs-dapr', 'nestjs-dapr'],
    ['as it was', '@dapr/dapr', '@dapr/dapr/types/lock/UnlockResponse.js'],
  ])('compiles %s', (_what, name, ofLocks) => {
    const text = ofClient
      .replace(
        "{ LockStatus } from 'nestjs-dapr'",
        `{ LockStatus } from '${ofLocks}'`,
      )
      .replaceAll(" from 'nestjs-dapr'", ` from '${name}'`);
    const program = programOf({ 'client.ts': text }, compilerOptions());
    expect(text).toContain(`DaprClient, HttpMethod } from '${name}'`);
    expect(errorsOf(program)).toEqual([]);
  });
});
