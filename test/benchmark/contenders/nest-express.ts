import { ExpressAdapter } from '@nestjs/platform-express';
import { plainNest } from './nest-plain.js';

export const contender = plainNest(() => new ExpressAdapter());
