/** Nest 12 is ESM only, so the specs run as ES modules: https://jestjs.io/docs/ecmascript-modules */
export default {
  testEnvironment: 'node',
  testRegex: '\\.spec\\.ts$',
  // What needs a real Dapr runs by `npm run test:dapr`.
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '<rootDir>/test/dapr/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^nestjs-dapr$': '<rootDir>/lib/index.ts',
    '^nestjs-dapr/testing$': '<rootDir>/lib/testing/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
        module: { type: 'es6' },
      },
    ],
  },
};
