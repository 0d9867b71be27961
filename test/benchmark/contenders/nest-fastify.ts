import { FastifyAdapter } from '@nestjs/platform-fastify';
import { plainNest } from './nest-plain.js';

export const contender = plainNest(() => new FastifyAdapter());
