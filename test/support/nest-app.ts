import {
  Module,
  type INestApplication,
  type ModuleMetadata,
  type NestApplicationOptions,
} from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import type { OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DaprModule, type DaprModuleOptions } from '../../lib/index.js';
import { call, type WireAnswer } from '../conformance/wire.js';
import { CapturedLog } from './captured-log.js';

export interface NestAppOptions extends ModuleMetadata {
  readonly adapter: AbstractHttpAdapter;
  readonly dapr?: DaprModuleOptions;
  readonly nest?: NestApplicationOptions;
  readonly configure?: (app: INestApplication) => void | Promise<void>;
  /** Where it listens. Default 127.0.0.1. */
  readonly host?: string;
  /** Default: any that is free. */
  readonly port?: number;
}

/** A Nest application that no sidecar knows of: the spec itself calls it as Dapr would. */
export interface NestApp {
  readonly app: INestApplication;
  readonly port: number;
  readonly log: CapturedLog;
  call(
    verb: string,
    path: string,
    body?: unknown,
    headers?: OutgoingHttpHeaders,
  ): Promise<WireAnswer>;
  /** Where Dapr would deliver a topic's messages, by what the app says itself. */
  routeOf(topic: string): Promise<string>;
  close(): Promise<void>;
}

/** Nothing listens on it: https://www.iana.org/assignments/service-names-port-numbers (tcpmux). */
export const NO_SIDECAR: DaprModuleOptions = {
  sidecar: 'external',
  httpEndpoint: 'http://127.0.0.1:1',
};

export async function startNestApp({
  adapter,
  dapr,
  nest,
  configure,
  host = '127.0.0.1',
  port: wanted = 0,
  imports = [],
  ...metadata
}: NestAppOptions): Promise<NestApp> {
  const log = new CapturedLog();
  @Module({
    ...metadata,
    imports: [...imports, DaprModule.forRoot({ ...NO_SIDECAR, ...dapr })],
  })
  class AppModule {}
  const app = await NestFactory.create(AppModule, adapter, {
    logger: log,
    abortOnError: false,
    ...nest,
  });
  try {
    await configure?.(app);
    await app.listen(wanted, host);
  } catch (error) {
    await app.close();
    throw error;
  }
  const { port } = app.getHttpServer().address() as AddressInfo;
  const token = dapr?.server?.appToken;
  return {
    app,
    port,
    log,
    call: (...request) => call({ httpPort: port }, ...request),
    routeOf: (topic) =>
      routeOf({ httpPort: port }, topic, {
        ...(token !== undefined && { 'dapr-api-token': token }),
      }),
    close: () => app.close(),
  };
}

/** The default route of a topic, as the app tells its sidecar. */
export async function routeOf(
  app: { readonly httpPort: number },
  topic: string,
  headers: OutgoingHttpHeaders = {},
): Promise<string> {
  const answer = await call(app, 'GET', '/dapr/subscribe', undefined, headers);
  const entries = answer.json as {
    topic: string;
    route?: string;
    routes?: { default: string };
  }[];
  const entry = entries.find((each) => each.topic === topic);
  const route = entry?.route ?? entry?.routes?.default;
  if (route === undefined) throw new Error(`no subscription to ${topic}`);
  return route;
}

/** A CloudEvent as daprd delivers it. */
export function cloudEvent(data: unknown, id = 'e-1'): object {
  return {
    id,
    source: 'spec',
    type: 'com.dapr.event.sent',
    specversion: '1.0',
    datacontenttype: 'application/json',
    data,
  };
}
