import type { ApplicationConfig } from '@nestjs/core';
import { enhancerConfig } from '../actors/runtime/enhancer-config.js';

/**
 * The global enhancers that controllers' handlers see: what actors see of those of `inherited`, and the request-scoped
 * ones, which actors can't have.
 */
export function daprApplicationConfig(
  inherited: ApplicationConfig | undefined,
): ApplicationConfig {
  const config = enhancerConfig(inherited);
  if (!inherited) return config;
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
