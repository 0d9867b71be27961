import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Customers } from '../../sample/01-shop/src/customers.js';
import { ShopModule } from '../../sample/01-shop/src/shop.module.js';
import { freePort } from '../dapr/ports.js';
import {
  backings,
  startBacking,
  type Backing,
  type BackingName,
} from '../support/backing.js';
import { CapturedLog } from '../support/captured-log.js';
import { platforms } from '../support/platforms.js';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { until } from '../support/until.js';

const SHOWN = [
  'order',
  'event',
  'cart',
  'timer',
  'reminder',
  'binding',
  'invoke',
  'dead',
];

const COMPONENTS = fileURLToPath(
  new URL('../../sample/01-shop/components', import.meta.url),
);

/** The sample's own files, or the same with a Redis behind broker and store. */
async function resourcesOn(
  name: BackingName,
  backing: Backing,
): Promise<string> {
  if (name === 'in-memory') return COMPONENTS;
  const read = (file: string) => readFile(join(COMPONENTS, file), 'utf8');
  return [
    backing.component('pubsub', 'pubsub'),
    backing.component('state', 'statestore', { actorStateStore: 'true' }),
    await read('stocktaking.yaml'),
    await read('resiliency.yaml'),
  ].join('\n---\n');
}

describe.each(platforms)('the sample shop on %s', (_platform, adapter) => {
  let app: INestApplication | undefined;
  let sidecar: Sidecar | undefined;
  let backing: Backing | undefined;
  const before = process.env['DAPR_HTTP_PORT'];

  afterEach(async () => {
    await app?.close();
    await sidecar?.stop();
    await backing?.stop();
    if (before === undefined) delete process.env['DAPR_HTTP_PORT'];
    else process.env['DAPR_HTTP_PORT'] = before;
  });

  it.each(backings)('shows every kind of call on %s', async (name) => {
    const port = await freePort();
    backing = await startBacking(name);
    sidecar = await startSidecar({
      appId: 'shop',
      app: { port },
      resources: await resourcesOn(name, backing),
      until: 'outbound',
    });
    // As `dapr run` tells it.
    process.env['DAPR_HTTP_PORT'] = String(sidecar.httpPort);
    const log = new CapturedLog();
    app = await NestFactory.create(ShopModule, adapter(), { logger: log });
    await app.listen(port, '127.0.0.1');
    await sidecar.ready();
    await app.get(Customers).visit(`http://127.0.0.1:${port}`);

    const shown = (): string[] =>
      SHOWN.filter((what) => log.of('log', what.padEnd(9)).length > 0);
    await until(() => shown().length === SHOWN.length);
    expect(log.of('log', 'cart ')).toContainEqual(
      expect.stringMatching(/in the cart of alice, which comes to 2400/),
    );
    expect(log.of('error')).toEqual([]);
  });
});
