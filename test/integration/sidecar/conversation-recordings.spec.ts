import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { component } from '../../conformance/components.js';
import { recordings } from '../../support/recordings.js';
import { expected, replay, shown } from '../../support/replay.js';
import { Stage } from '../../support/stage.js';

describe('what daprd answered on conversations', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.open({
      resources: component('conversation.echo', 'echo'),
    });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it.each(recordings('conversation'))(
    'is answered alike: $name',
    async (recording) => {
      const answer = await replay(stage.sidecar, recording);
      expect(shown(answer)).toEqual(shown(expected(recording)));
    },
  );
});
