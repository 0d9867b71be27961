import { describe, expect, it } from '@jest/globals';
import { rm } from 'node:fs/promises';
import {
  loadResources,
  type Resources,
} from '../../../../lib/sidecar/resources.js';
import { folderWith } from '../../../support/stage.js';

const load = async (spec: string): Promise<Resources> => {
  const folder = await folderWith(
    `apiVersion: dapr.io/v1alpha1
kind: HTTPEndpoint
metadata: { name: weather }
spec: ${spec}
scopes: [shop]
`,
  );
  const log = (): void => undefined;
  try {
    return await loadResources({ folders: [folder], substitute: true, log });
  } finally {
    await rm(folder, { recursive: true });
  }
};

describe('an HTTPEndpoint', () => {
  it('is for the apps in its scopes', async () => {
    const resources = await load(
      '{ baseUrl: "https://weather.example/v1", headers: [{ name: X-Key, value: k }] }',
    );
    expect(resources.httpEndpointOf('shop', 'weather')).toEqual({
      name: 'weather',
      baseUrl: 'https://weather.example/v1',
      headers: { 'x-key': 'k' },
      scopes: ['shop'],
    });
    expect(resources.httpEndpointOf('other', 'weather')).toBeUndefined();
    expect(resources.httpEndpointsOf('other')).toEqual([]);
  });

  it.each([
    ['{}', 'spec.baseUrl is missing'],
    ['{ baseUrl: weather }', '"weather" is no http or https URL'],
    ['{ baseUrl: "ftp://x" }', '"ftp://x" is no http or https URL'],
    [
      '{ baseUrl: "https://x", clientTLS: { rootCA: { value: pem } } }',
      'spec.clientTLS is not for the embedded sidecar',
    ],
    [
      '{ baseUrl: "https://x", headers: [{ value: k }] }',
      'spec.headers[0].name is missing',
    ],
  ])('%s is a start error in words', async (spec, words) => {
    await expect(load(spec)).rejects.toThrow(words);
    await expect(load(spec)).rejects.toThrow('HTTPEndpoint "weather"');
  });
});
