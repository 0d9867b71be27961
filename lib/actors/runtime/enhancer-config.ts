import { Catch, type ExceptionFilter } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { throwError, type Observable } from 'rxjs';

/** Hands on what no other filter took. Nest's own would log it without a word of the actor it came from. */
@Catch()
class Rethrow implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

/**
 * The global enhancers of actor methods: those of `inherited`, or none. `ExternalContextCreator` would run those of the
 * app, which are meant for HTTP. Filters are tried from the last to the first, so ours is the last resort.
 */
export function enhancerConfig(
  inherited: ApplicationConfig | undefined,
): ApplicationConfig {
  const config = new ApplicationConfig();
  config.useGlobalFilters(new Rethrow());
  if (!inherited) return config;
  config.useGlobalFilters(...inherited.getGlobalFilters());
  config.useGlobalPipes(...inherited.getGlobalPipes());
  config.useGlobalInterceptors(...inherited.getGlobalInterceptors());
  config.useGlobalGuards(...inherited.getGlobalGuards());
  return config;
}
