import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { component, resources } from '../../conformance/components.js';
import type { WireAnswer } from '../../conformance/wire.js';
import { recordings } from '../../support/recordings.js';
import { expected, replay, shown } from '../../support/replay.js';
import { Stage } from '../../support/stage.js';

const ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

const SECRETS = {
  plain: 'v1',
  nested: { a: 'x', deep: { b: 'y' } },
  num: 42,
  yes: true,
  fl: 1.5,
  nul: null,
  arr: ['p', 'q'],
  empty: '',
};

const SCOPES = `apiVersion: dapr.io/v1alpha1
kind: Configuration
metadata: { name: scopes }
spec: { secrets: { scopes: [{ storeName: denied, allowedSecrets: [plain] }] } }
`;

/** Status, body and content type; ids are never the same twice. */
const compared = (answer: WireAnswer): object => ({
  ...shown(answer, (text) => text.replace(ID, '<id>')),
  contentType: answer.headers['content-type'],
});

describe('what daprd answered is answered alike', () => {
  let folder: string;
  let stage: Stage;
  /** The last subscription, then and now. */
  let id = '';

  beforeAll(async () => {
    Object.assign(process.env, {
      WIRE_EMPTY: '',
      DAPR_SECRETX: 'hidden',
      WIREP_A: 'pref-a',
    });
    folder = await mkdtemp(join(tmpdir(), 'nestjs-dapr-'));
    const secretsFile = join(folder, 'secrets.json');
    await writeFile(secretsFile, JSON.stringify(SECRETS));
    const file = 'secretstores.local.file';
    stage = await Stage.open({
      appId: 'api',
      resources: resources(
        component(file, 'sf', { secretsFile }),
        component(file, 'sfm', { secretsFile, multiValued: 'true' }),
        component(file, 'denied', { secretsFile }),
        component('secretstores.local.env', 'senv'),
        component('secretstores.local.env', 'senvp', { prefix: 'WIREP_' }),
        component('configuration.redis', 'conf', {
          values: '{"ck1":"v1||1","ck2":"plainvalue"}',
        }),
        component('lock.redis', 'lock'),
        SCOPES,
      ),
    });
  });
  afterAll(async () => {
    await stage?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
    for (const name of ['WIRE_EMPTY', 'DAPR_SECRETX', 'WIREP_A'])
      delete process.env[name];
  });

  it.each(recordings('secrets'))('of secrets: $name', async (recording) => {
    const answer = await replay(stage.sidecar, recording);
    expect(compared(answer)).toEqual(compared(expected(recording)));
  });

  it.each(recordings('configuration'))(
    'of configuration: $name',
    async (recording) => {
      const url = recording.request.url.replace(ID, id);
      const request = { ...recording.request, url };
      const answer = await replay(stage.sidecar, { ...recording, request });
      expect(compared(answer)).toEqual(compared(expected(recording)));
      id = ID.exec(answer.text)?.[0] ?? id;
      ID.lastIndex = 0;
    },
  );

  it.each(recordings('lock'))('of locks: $name', async (recording) => {
    if (recording.name === 'unlock after expiry')
      await stage.clock.advance('1s');
    const answer = await replay(stage.sidecar, recording);
    expect(compared(answer)).toEqual(compared(expected(recording)));
  });
});
