import { DaprConfigurationError } from '../../lib/index.js';
import { startNestApp, type NestAppOptions } from './nest-app.js';

/** The words in which an application refuses to start. */
export async function refusalOf(options: NestAppOptions): Promise<string> {
  try {
    const { close } = await startNestApp(options);
    await close();
  } catch (error) {
    if (error instanceof DaprConfigurationError) return error.message;
    throw error;
  }
  throw new Error('the application has started');
}
