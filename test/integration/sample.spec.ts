import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, describe, expect, it } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { Customers } from '../../sample/01-shop/src/customers.js';
import { ShopModule } from '../../sample/01-shop/src/shop.module.js';
import { freePort } from '../dapr/ports.js';
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

describe.each(platforms)('the sample shop on %s', (_platform, adapter) => {
  let app: INestApplication | undefined;
  let sidecar: Sidecar | undefined;
  const before = process.env['DAPR_HTTP_PORT'];

  afterEach(async () => {
    await app?.close();
    await sidecar?.stop();
    if (before === undefined) delete process.env['DAPR_HTTP_PORT'];
    else process.env['DAPR_HTTP_PORT'] = before;
  });

  it('shows every kind of call with its own component files', async () => {
    const port = await freePort();
    sidecar = await startSidecar({
      appId: 'shop',
      app: { port },
      resources: fileURLToPath(
        new URL('../../sample/01-shop/components', import.meta.url),
      ),
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
    await until(() => shown().length === SHOWN.length, 15_000);
    expect(log.of('log', 'cart ')).toContainEqual(
      expect.stringMatching(/in the cart of alice, which comes to 2400/),
    );
    expect(log.of('error')).toEqual([]);
  }, 30_000);
});
