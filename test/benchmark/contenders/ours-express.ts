import { ExpressAdapter } from '@nestjs/platform-express';
import { ours } from './ours.js';

export const contender = ours(() => new ExpressAdapter());
