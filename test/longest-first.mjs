import TestSequencer from '@jest/test-sequencer';

// Without a cache of its own, as in a fresh clone, Jest begins with the largest files: one of these would be the last to
// run, alone for minutes.
const LONGEST = [
  'embedded/actor-model',
  'embedded/nothing-lost',
  'actors-over-grpc',
  'conformance/actor-replicas',
  'dapr/two-hosts',
];

/** @see https://jestjs.io/docs/configuration#testsequencer-string */
export default class LongestFirst extends TestSequencer {
  sort(tests) {
    return super.sort(tests).sort((one, other) => rank(one) - rank(other));
  }
}

function rank({ path }) {
  const index = LONGEST.findIndex((name) => path.includes(name));
  return index < 0 ? LONGEST.length : index;
}
