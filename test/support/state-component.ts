import type { Component } from '../../lib/sidecar/resources/component.js';

export function stateComponent(
  name: string,
  type = 'state.in-memory',
  metadata: Readonly<Record<string, string>> = {},
  scopes: readonly string[] = [],
): Component {
  return { name, type, metadata, scopes, version: 'v1', ignoreErrors: false };
}
