import { Controller, Injectable, Scope } from '@nestjs/common';
import {
  ContextIdFactory,
  type ContextId,
  type ContextIdStrategy,
  type HostComponentInfo,
} from '@nestjs/core';
import { Payload } from '@nestjs/microservices';
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { DaprContext, Invocable, Subscribe } from '../../lib/index.js';
import { runNest, type NestRun } from '../support/nest-run.js';
import { platforms } from '../support/platforms.js';
import { until } from '../support/until.js';

/** One context per tenant, by the metadata of the message or the header of the invocation. */
class TenantStrategy implements ContextIdStrategy<{ context?: unknown }> {
  private readonly tenants = new Map<unknown, ContextId>();

  attach(contextId: ContextId, request: { context?: unknown }) {
    const { context } = request;
    if (!(context instanceof DaprContext)) return () => contextId;
    const tenant = context.headers['tenant'];
    const tenantId = this.tenants.get(tenant) ?? ContextIdFactory.create();
    this.tenants.set(tenant, tenantId);
    return (info: HostComponentInfo) =>
      info.isTreeDurable ? tenantId : contextId;
  }
}

let built = 0;
const ran: string[] = [];

@Injectable({ scope: Scope.REQUEST, durable: true })
class Connection {
  readonly number = ++built;
}

@Controller()
class Handlers {
  constructor(private readonly connection: Connection) {}

  @Subscribe('pubsub', 'durable')
  @Invocable('durable')
  handle(@Payload() payload: unknown): void {
    ran.push(`${String(payload)} ${this.connection.number}`);
  }
}

describe.each(platforms)('durable providers on %s', (_platform, adapter) => {
  let nest: NestRun;

  beforeAll(async () => {
    ContextIdFactory.apply(new TenantStrategy());
    nest = await runNest({
      adapter: adapter(),
      controllers: [Handlers],
      providers: [Connection],
    });
  });
  afterAll(() => nest.close());
  beforeEach(() => {
    ran.length = 0;
    built = 0;
  });

  it('are built once per tenant, for messages and invocations alike [H13]', async () => {
    const publish = (payload: string, tenant: string) =>
      nest.client.pubsub.publish('pubsub', 'durable', payload, {
        metadata: { tenant },
      });
    await publish('a', 'blue');
    await until(() => ran.length === 1);
    await publish('b', 'green');
    await until(() => ran.length === 2);
    await publish('c', 'blue');
    await until(() => ran.length === 3);
    await nest.client.invoker.invoke('app', 'durable', 'POST', 'd', {
      headers: { tenant: 'green' },
    });
    expect(ran).toEqual(['a 1', 'b 2', 'c 1', 'd 2']);
  });
});
