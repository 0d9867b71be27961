import { Catch, type ExceptionFilter } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { throwError, type Observable } from 'rxjs';

/** Hands the original error to the transport; Nest's own last filter would replace it by "Internal server error". */
@Catch()
class OriginalErrorFilter implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

/**
 * The global enhancers that Dapr's handlers see: those of `inherited`, or none. Filters are tried from the last to the
 * first, so ours comes first to be the last resort.
 */
export function daprApplicationConfig(
  inherited: ApplicationConfig | undefined,
): ApplicationConfig {
  const config = new ApplicationConfig();
  config.useGlobalFilters(new OriginalErrorFilter());
  if (!inherited) return config;
  config.useGlobalFilters(...inherited.getGlobalFilters());
  config.useGlobalPipes(...inherited.getGlobalPipes());
  config.useGlobalInterceptors(...inherited.getGlobalInterceptors());
  config.useGlobalGuards(...inherited.getGlobalGuards());
  for (const filter of inherited.getGlobalRequestFilters())
    config.addGlobalRequestFilter(filter);
  for (const pipe of inherited.getGlobalRequestPipes())
    config.addGlobalRequestPipe(pipe);
  for (const interceptor of inherited.getGlobalRequestInterceptors())
    config.addGlobalRequestInterceptor(interceptor);
  for (const guard of inherited.getGlobalRequestGuards())
    config.addGlobalRequestGuard(guard);
  // Since Nest 12; Nest 11 has neither method.
  if ('registerPreRequestHook' in config)
    config.registerPreRequestHook(...inherited.getGlobalPreRequestHooks());
  return config;
}

/** Whether the app has global enhancers that would reach Dapr's handlers if they were inherited. */
export function hasGlobalEnhancers(config: ApplicationConfig): boolean {
  return [
    config.getGlobalFilters(),
    config.getGlobalPipes(),
    config.getGlobalInterceptors(),
    config.getGlobalGuards(),
    config.getGlobalRequestFilters(),
    config.getGlobalRequestPipes(),
    config.getGlobalRequestInterceptors(),
    config.getGlobalRequestGuards(),
  ].some((enhancers) => enhancers.length > 0);
}
