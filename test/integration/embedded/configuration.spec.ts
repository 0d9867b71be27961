import { Controller, Module } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { rm } from 'node:fs/promises';
import {
  CommunicationProtocolEnum,
  ConfigurationContext,
  ConfigurationItems,
  DaprClient,
  DaprModule,
  OnConfiguration,
} from '../../../lib/index.js';
import { EmbeddedSidecar } from '../../../lib/testing/index.js';
import { component, resources } from '../../conformance/components.js';
import { folderWith } from '../../support/stage.js';
import { until } from '../../support/until.js';

const changes: string[] = [];

@Controller()
class Limits {
  @OnConfiguration('conf', ['limit'])
  onLimit(
    @Payload() { limit }: ConfigurationItems,
    @Ctx() { storeName }: ConfigurationContext,
  ): void {
    changes.push(`${storeName} ${limit?.value} ${limit?.version}`);
  }
}

@Module({ imports: [DaprModule.forRoot()], controllers: [Limits] })
class AppModule {}

describe('configuration in a spec', () => {
  let folder: string;
  let dapr: EmbeddedSidecar;

  beforeEach(async () => {
    changes.length = 0;
    folder = await folderWith(
      resources(
        component('configuration.redis', 'conf', {
          redisHost: 'localhost:6379',
          values: '{"limit":"10||1","other":5}',
        }),
        component('configuration.in-memory', 'empty'),
      ),
    );
    dapr = await EmbeddedSidecar.start({ resources: folder });
  });
  afterEach(async () => {
    await dapr.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('begins with the values of its component', async () => {
    expect(await dapr.client.configuration.get('conf')).toEqual({
      items: {
        limit: { key: 'limit', value: '10', version: '1', metadata: {} },
        other: { key: 'other', value: '5', version: '', metadata: {} },
      },
    });
    expect(await dapr.client.configuration.get('empty')).toEqual({ items: {} });
  });

  it('changes as the spec says, and the app has heard of it when all is idle', async () => {
    await dapr.run(AppModule);
    expect(changes).toEqual([]);
    const values = dapr.configuration('conf');
    values.set('limit', '20||2');
    values.set('other', '6');
    values.set('limit', '30');
    values.delete('limit');
    values.delete('limit');
    await dapr.idle();
    expect(changes).toEqual(['conf 20 2', 'conf 30 ', 'conf  ']);
    expect(dapr.transcript.of('configuration')).toEqual([
      expect.objectContaining({ name: 'conf/limit', outcome: '200' }),
      expect.objectContaining({ name: 'conf/limit', outcome: '200' }),
      expect.objectContaining({ name: 'conf/limit', outcome: '200' }),
    ]);
  });

  it('tells an app that has come back, once', async () => {
    const app = await dapr.run(AppModule);
    await app.close();
    dapr.configuration('conf').set('limit', 'nobody');
    await dapr.idle();
    expect(dapr.transcript.of('configuration')).toEqual([]);
    await dapr.run(AppModule);
    dapr.configuration('conf').set('limit', 'back');
    await dapr.idle();
    expect(changes).toEqual(['conf back ']);
  });

  it('tells an app over gRPC, too', async () => {
    const communicationProtocol = CommunicationProtocolEnum.GRPC;
    const app = await dapr.run(AppModule, {
      options: { communicationProtocol },
    });
    dapr.configuration('conf').set('limit', 'streamed');
    await until(() => changes.length > 0);
    expect(changes).toEqual(['conf streamed ']);
    expect(dapr.transcript.of('configuration')).toEqual([]);
    // What the app asked for before it was there for the sidecar has an end with it.
    const client = app.get(DaprClient);
    await client.configuration.subscribe('conf', () => undefined);
    await app.close();
  });

  it('fails where it shall', async () => {
    dapr.faults.failNext('configuration');
    const failed = dapr.client.configuration.get('conf', ['limit']);
    await expect(failed).rejects.toMatchObject({
      errorCode: 'ERR_CONFIGURATION_GET',
      status: 500,
    });
    await expect(failed).rejects.toThrow(
      'failed to get [limit] from Configuration store conf: injected fault',
    );
  });

  it('has no store that is not there, and says which are', () => {
    expect(() => dapr.configuration('nope')).toThrow(
      'There is no configuration store "nope" among the components; there is conf, empty.',
    );
  });

  it.each(['[1]', '"text"', '{'])(
    'does not begin with values that are no mapping: %s',
    async (values) => {
      const broken = await folderWith(
        component('configuration.in-memory', 'conf', { values }),
      );
      await expect(
        EmbeddedSidecar.start({ resources: broken }),
      ).rejects.toThrow(
        /Component "conf": the metadata "values" is no mapping/,
      );
      await rm(broken, { recursive: true });
    },
  );
});
