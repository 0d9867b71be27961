import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { component, resources } from '../../conformance/components.js';
import { describeSdk, failureOf, withResources } from './sdk-client.js';

const folder = mkdtempSync(join(tmpdir(), 'nestjs-dapr-'));
const secretsFile = join(folder, 'secrets.json');
const database = { user: 'app', password: '<&>' };

beforeAll(() =>
  writeFileSync(secretsFile, JSON.stringify({ plain: 'v1', database })),
);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeSdk(
  'secrets',
  () =>
    withResources(() =>
      resources(
        component('secretstores.local.file', 'file', { secretsFile }),
        component('secretstores.local.file', 'several', {
          secretsFile,
          multiValued: 'true',
        }),
      ),
    ),
  (run) => {
    const { protocol } = run;

    it('come by their names', async () => {
      const { secret } = run.client;
      expect(await secret.get('file', 'plain')).toEqual({ plain: 'v1' });
      expect(
        await secret.get('file', 'plain', 'metadata.version_id=1'),
      ).toEqual({ plain: 'v1' });
    });

    it('come with all their values over HTTP', async () => {
      const got = await run.client.secret.get('several', 'database');
      if (protocol === 'HTTP') return expect(got).toEqual(database);
      // Over gRPC the SDK gives one of them, whichever comes first.
      expect(Object.keys(got)).toHaveLength(1);
      expect(database).toMatchObject(got);
    });

    it('come all at once', async () => {
      expect(await run.client.secret.getBulk('several')).toEqual({
        plain: { plain: 'v1' },
        database,
      });
    });

    it('are said not to be there', async () => {
      const { secret } = run.client;
      expect(await failureOf(secret.get('file', 'none'))).toMatchObject({
        ...(protocol === 'HTTP'
          ? { status: 500, errorCode: 'ERR_SECRET_GET' }
          : { code: 13 }),
        message: expect.stringContaining('secret none not found'),
      });
      expect(await failureOf(secret.getBulk('nope'))).toMatchObject({
        ...(protocol === 'HTTP'
          ? { status: 401, errorCode: 'ERR_SECRET_STORE_NOT_FOUND' }
          : { code: 3 }),
        message: 'failed finding secret store with key nope',
      });
    });
  },
);
