import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ours } from './ours.js';

export const contender = ours(() => new FastifyAdapter());
