import type { Sidecar, SidecarOptions } from './sidecar.js';

export function startEmbedded(_options: SidecarOptions): Promise<Sidecar> {
  return Promise.reject(new Error('not there yet'));
}
