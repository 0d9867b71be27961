/** For `node --import`: runs the TypeScript of specs and fixtures in processes of their own, as Jest runs it in its own. */
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
