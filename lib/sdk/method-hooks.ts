import type { NestInterceptor } from '@nestjs/common';
import { concatMap } from 'rxjs';
import { invocationOf } from '../actors/runtime/pipeline.js';

/** What an actor of the SDK wants to run around its methods. */
export interface MethodHooks {
  onActorMethodPre(): Promise<void>;
  onActorMethodPost(): Promise<void>;
}

/** Runs an actor's hooks around its methods, timers and reminders; where one throws, the call fails. */
export const methodHooks: NestInterceptor = {
  async intercept(context, next) {
    const actor = invocationOf(context).actor as unknown as MethodHooks;
    await actor.onActorMethodPre();
    return next.handle().pipe(
      concatMap(async (result: unknown) => {
        await actor.onActorMethodPost();
        return result;
      }),
    );
  },
};
