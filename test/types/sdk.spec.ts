import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { compilerOptions, errorsOf, programOf } from '../package/compile.js';

const source = readFileSync('test/integration/sdk/parking.ts', 'utf8');

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
