/** The specs that run on a real Dapr; `npm run test:dapr` looks for its binaries first and cleans up behind it. */
import base from './jest.config.mjs';
import { binaryFolder } from './test/dapr/binaries.mjs';

process.env.DAPR_SPEC_SIDECAR = 'daprd';
process.env.DAPR_SPEC_BINARIES = binaryFolder();

export default {
  ...base,
  testRegex:
    'test/((conformance|dapr|parity|outsiders/sdk-client)/.*|integration/[^/]*)\\.spec\\.ts$',
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  // Every file starts its own Dapr, three processes of 100 MB each, and mostly waits for it.
  maxWorkers: 3,
  testTimeout: 120_000,
};
