/** Nest 12 is ESM only, so the specs run as ES modules: https://jestjs.io/docs/ecmascript-modules */
export default {
  testEnvironment: 'node',
  // Each starts an app and a sidecar, on a busy machine too. The waits of `until` and the like end before.
  testTimeout: 60_000,
  injectGlobals: false,
  roots: ['<rootDir>/test', '<rootDir>/sample'],
  // Jest leaves a core free, which on a machine with two of them halves the speed.
  maxWorkers: '100%',
  // What finished spec files loaded as ES modules is freed late: https://jestjs.io/docs/configuration#workeridlememorylimit-numberstring
  workerIdleMemoryLimit: '1GB',
  testSequencer: '<rootDir>/test/longest-first.mjs',
  testRegex: '\\.spec\\.ts$',
  // What needs a real Dapr runs by `npm run test:dapr`.
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '<rootDir>/test/dapr/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^nestjs-dapr$': '<rootDir>/lib/index.ts',
    '^nestjs-dapr/testing$': '<rootDir>/lib/testing/index.ts',
    '^nestjs-dapr/sdk$': '<rootDir>/lib/sdk/index.ts',
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
