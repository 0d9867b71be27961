import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';

/** Nest's HTTP platforms, each with a fresh adapter per call. */
export const platforms: readonly (readonly [
  name: string,
  adapter: () => AbstractHttpAdapter,
])[] = [
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
];
