import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DaprBadRequestError,
  DaprNotFoundError,
  DaprPermissionError,
} from '../../lib/index.js';
import { component, resources } from '../conformance/components.js';
import { describeParity } from './parity.js';

const KEY = 'a/b c?#%+é';
const folder = mkdtempSync(join(tmpdir(), 'nestjs-dapr-'));
const secretsFile = join(folder, 'secrets.json');

beforeAll(() =>
  writeFileSync(
    secretsFile,
    JSON.stringify({
      plain: 'v1',
      [KEY]: 'special',
      bulk: 'one of many',
      database: { user: 'app', password: '<&>', deep: { port: '5432' } },
    }),
  ),
);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeParity(
  'secrets',
  {
    resources: () =>
      resources(
        component('secretstores.local.file', 'file', { secretsFile }),
        component('secretstores.local.file', 'several', {
          secretsFile,
          multiValued: 'true',
        }),
        component('secretstores.local.file', 'scoped', { secretsFile }),
        component('secretstores.local.env', 'env'),
      ),
    config: `
apiVersion: dapr.io/v1alpha1
kind: Configuration
metadata: { name: scopes }
spec:
  secrets:
    scopes: [{ storeName: scoped, deniedSecrets: [plain] }]
`,
    env: { SPEC_SECRET: 'of the environment' },
  },
  (run) => {
    it('come by their names, whatever letters these have [C4]', async () => {
      const { secret } = run.client;
      expect(await secret.get('file', 'plain')).toEqual({ plain: 'v1' });
      expect(await secret.get('file', KEY)).toEqual({ [KEY]: 'special' });
      expect(await secret.get('env', 'SPEC_SECRET')).toEqual({
        SPEC_SECRET: 'of the environment',
      });
    });

    it('come by the name that the path of all of them has', async () => {
      expect(await run.client.secret.get('file', 'bulk')).toEqual({
        bulk: 'one of many',
      });
    });

    it('come with all their values where they have several [C12]', async () => {
      expect(await run.client.secret.get('several', 'database')).toEqual({
        user: 'app',
        password: '<&>',
        'deep:port': '5432',
      });
    });

    it('come all at once', async () => {
      expect(await run.client.secret.getBulk('several')).toEqual({
        plain: { plain: 'v1' },
        [KEY]: { [KEY]: 'special' },
        bulk: { bulk: 'one of many' },
        database: { user: 'app', password: '<&>', 'deep:port': '5432' },
      });
      expect(await run.client.secret.getBulk('scoped')).not.toHaveProperty(
        'plain',
      );
    });

    it.each<[string, string | Record<string, string | number>]>([
      ['as text', 'metadata.version_id=3&metadata.namespace=a%20b'],
      ['as an object', { version_id: 3 }],
      ['as no text', ''],
    ])('take metadata %s', async (_what, metadata) => {
      const { secret } = run.client;
      expect(await secret.get('file', 'plain', metadata)).toEqual({
        plain: 'v1',
      });
      expect(await secret.getBulk('env', metadata)).toMatchObject({
        SPEC_SECRET: { SPEC_SECRET: 'of the environment' },
      });
    });

    describe('that are not to be had', () => {
      it('are not found, and the error names the store and the key', async () => {
        const failed = run.client.secret.get('file', 'nothing');
        await expect(failed).rejects.toThrow(DaprNotFoundError);
        await expect(failed).rejects.toMatchObject({
          errorCode: 'ERR_SECRET_GET',
          status: 500,
          operation: 'secret.get "file" key "nothing"',
        });
        await expect(failed).rejects.toThrow(/Check the name of the secret/);
      });

      it('are denied by a scope, and the error says where to look', async () => {
        const failed = run.client.secret.get('scoped', 'plain');
        await expect(failed).rejects.toThrow(DaprPermissionError);
        await expect(failed).rejects.toThrow(/spec\.secrets\.scopes/);
        await expect(failed).rejects.toMatchObject({
          errorCode: 'ERR_PERMISSION_DENIED',
          status: 403,
        });
      });

      it('are in a store that is not there, and the error says what to check', async () => {
        const failed = run.client.secret.getBulk('nope');
        await expect(failed).rejects.toThrow(DaprNotFoundError);
        await expect(failed).rejects.toMatchObject({
          errorCode: 'ERR_SECRET_STORE_NOT_FOUND',
          // The HTTP API says 401, the gRPC API InvalidArgument.
          status: run.protocol === 'HTTP' ? 401 : 400,
        });
        await expect(failed).rejects.toThrow(/among the sidecar's resources/);
      });
    });

    it.each([
      ['an empty name', '', undefined, /the key is empty/],
      [
        'text that is no metadata',
        'plain',
        'version_id=3',
        /metadata\.version_id/,
      ],
    ])('are not asked for with %s', async (_what, key, metadata, message) => {
      const failed = run.client.secret.get('file', key, metadata);
      await expect(failed).rejects.toThrow(DaprBadRequestError);
      await expect(failed).rejects.toThrow(message);
    });
  },
);

describeParity(
  'secrets where there is no store',
  { resources: () => component('state.in-memory', 'store') },
  (run) => {
    it('are not found', async () => {
      const failed = run.client.secret.get('store', 'key');
      await expect(failed).rejects.toThrow(DaprNotFoundError);
      await expect(failed).rejects.toMatchObject({
        errorCode: 'ERR_SECRET_STORES_NOT_CONFIGURED',
      });
    });
  },
);
