import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';

type Platform = readonly [name: string, adapter: () => AbstractHttpAdapter];

const all: readonly Platform[] = [
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
];

/** Nest's HTTP platforms, each with a fresh adapter per call; `DAPR_SPEC_PLATFORM` names one of them for all specs. */
export const platforms: readonly Platform[] = all.filter(
  ([name]) => name === (process.env.DAPR_SPEC_PLATFORM ?? name),
);
