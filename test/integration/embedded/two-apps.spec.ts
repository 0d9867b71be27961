import { Controller, Module, type Type } from '@nestjs/common';
import { ApplicationConfig, NestFactory } from '@nestjs/core';
import { NestMicroservice, Payload, Server } from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { EventEmitter } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { CapturedLog } from '../../support/captured-log.js';
import { platforms } from '../../support/platforms.js';
import { until } from '../../support/until.js';

// Loaded only when what the process was like before has been written down.
type Library = typeof import('../../../lib/index.js');
type Support = typeof import('../../support/nest-app.js');

const classes = [
  http.Server,
  http.IncomingMessage,
  http.ServerResponse,
  http.ClientRequest,
  net.Socket,
  net.Server,
  EventEmitter,
  Object,
  Array,
  Function,
  Map,
  Promise,
  JSON,
  Error,
  Server,
  NestMicroservice,
  NestFactory.constructor,
  ApplicationConfig,
  ExpressAdapter,
  FastifyAdapter,
];

/** Everything about the process that others could notice. */
function footprint(): unknown {
  const membersOf = (target: object): unknown[] =>
    Reflect.ownKeys(target).flatMap((key) => {
      const { value, get, set } = Object.getOwnPropertyDescriptor(target, key)!;
      return [key, typeof value === 'function' ? value : undefined, get, set];
    });
  return {
    listeners: process
      .eventNames()
      .map((name) => [name, process.listenerCount(name)]),
    environment: { ...process.env },
    members: classes.flatMap((each) => [
      membersOf(each),
      'prototype' in each ? membersOf(each.prototype as object) : [],
    ]),
    title: process.title,
    folder: process.cwd(),
  };
}

describe.each(platforms)('two apps in one process, on %s', (_name, adapter) => {
  let library: Library;
  let support: Support;
  const before = footprint();
  const heard: string[] = [];

  beforeAll(async () => {
    library = await import('../../../lib/index.js');
    support = await import('../../support/nest-app.js');
  });

  function shop(name: string, topic: string): Type {
    @Controller()
    class Handlers {
      @library.Subscribe('pubsub', topic, { deadLetterTopic: 'dead' })
      on(@Payload() payload: string): void {
        heard.push(`${name} ${payload}`);
      }
    }
    return Handlers;
  }

  function actor(name: string): Type {
    @library.ActorType('Counter')
    class CounterActor extends library.Actor {
      count(): string {
        return name;
      }
    }
    return CounterActor;
  }

  const start = (name: string, topic: string) =>
    support.startNestApp({
      adapter: adapter(),
      controllers: [shop(name, topic)],
      providers: [actor(name)],
      dapr: { server: { appToken: name }, httpEndpoint: `http://${name}:1` },
    });

  it('do not meet [H22]', async () => {
    const [one, two] = [await start('one', 'a'), await start('two', 'b')];
    const headers = { 'dapr-api-token': 'one' };
    const route = await one.routeOf('a');
    const event = support.cloudEvent('hello');
    expect((await one.call('POST', route, event, headers)).status).toBe(200);
    expect(heard.splice(0)).toEqual(['one hello']);
    expect((await two.call('POST', route, event, headers)).status).toBe(401);
    const known = { 'dapr-api-token': 'two' };
    expect((await two.call('POST', route, event, known)).status).toBe(500);
    expect(heard).toEqual([]);
    const count = '/actors/Counter/a/method/count';
    expect((await one.call('PUT', count, '', headers)).text).toBe('"one"');
    expect((await two.call('PUT', count, '', known)).text).toBe('"two"');
    const endpointOf = ({ app }: typeof one) =>
      app.get(library.DaprClient).options.httpEndpoint;
    expect([one, two].map(endpointOf)).toEqual([
      'http://one:1',
      'http://two:1',
    ]);

    await one.close();
    expect((await two.call('GET', '/healthz')).status).toBe(200);
    expect((await two.call('PUT', count, '', known)).text).toBe('"two"');
    await two.close();
  });

  it('leave the process as it was while they run [H22]', async () => {
    const [one, two] = [await start('one', 'a'), await start('two', 'b')];
    expect(footprint()).toEqual(before);
    await one.close();
    await two.close();
    expect(footprint()).toEqual(before);
  });

  it('may each bring a sidecar of their own [H22]', async () => {
    const { DaprModule, DaprClient } = library;
    const run = async (name: string) => {
      @Module({
        imports: [
          DaprModule.forRoot({
            sidecar: 'embedded',
            embedded: { appId: name },
          }),
        ],
        controllers: [shop(name, 'a')],
      })
      class AppModule {}
      const app = await NestFactory.create(AppModule, adapter(), {
        logger: new CapturedLog(),
      });
      await app.listen(0, '127.0.0.1');
      const client = app.get(DaprClient);
      await until(() => client.health.isHealthy());
      return { app, client };
    };
    const [one, two] = [await run('one'), await run('two')];
    await one.client.pubsub.publish('pubsub', 'a', 'hello');
    await until(() => heard.length > 0);
    expect(heard.splice(0)).toEqual(['one hello']);
    const { id } = await one.client.metadata.get();
    expect(id).toBe('one');
    expect((await two.client.metadata.get()).id).toBe('two');
    await one.app.close();
    await two.client.pubsub.publish('pubsub', 'a', 'bye');
    await until(() => heard.length > 0);
    expect(heard.splice(0)).toEqual(['two bye']);
    await two.app.close();
    expect(footprint()).toEqual(before);
  });
});
