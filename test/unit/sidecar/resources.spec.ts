import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DaprConfigurationError } from '../../../lib/errors/dapr-configuration.error.js';
import {
  loadResources,
  type Resources,
} from '../../../lib/sidecar/resources.js';
import {
  metadataFor,
  metadataValue,
} from '../../../lib/sidecar/resources/component.js';

const component = (name: string, type: string, spec = '', more = ''): string =>
  `apiVersion: dapr.io/v1alpha1
kind: Component
metadata: { name: ${name} }
${more}
spec:
  type: ${type}
${spec}`;

describe('resource files', () => {
  const folders: string[] = [];
  const lines: string[] = [];
  afterEach(async () => {
    lines.length = 0;
    for (const folder of folders.splice(0))
      await rm(folder, { recursive: true });
  });
  const folderOf = async (files: Record<string, string>): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), 'nestjs-dapr-'));
    folders.push(folder);
    for (const [name, text] of Object.entries(files))
      await writeFile(join(folder, name), text);
    return folder;
  };
  const load = async (
    files: Record<string, string> | string,
    substitute = true,
  ): Promise<Resources> =>
    loadResources({
      folders: [
        await folderOf(
          typeof files === 'string' ? { 'all.yaml': files } : files,
        ),
      ],
      substitute,
      log: (line) => lines.push(line),
    });
  const names = (resources: Resources, appId = 'shop'): string[] =>
    resources.componentsOf(appId).map(({ name }) => name);

  it('are the top-level .yaml and .yml of all folders, with as many documents as they hold', async () => {
    const first = await folderOf({
      'b.yaml': `${component('b1', 'state.in-memory')}---\n${component('b2', 'pubsub.in-memory')}---\n`,
      'a.YML': component('a', 'state.in-memory'),
      'c.json': '{}',
    });
    await mkdir(join(first, 'deeper.yaml'));
    await writeFile(
      join(first, 'deeper.yaml', 'd.yaml'),
      component('d', 'state.in-memory'),
    );
    const second = await folderOf({
      'e.yaml': component('e', 'bindings.cron'),
    });
    const resources = await loadResources({
      folders: [first, second],
      substitute: true,
      log: () => undefined,
    });
    expect(names(resources)).toEqual(['a', 'b1', 'b2', 'e']);
  });

  it('may hold documents of other tools, which are left alone', async () => {
    const resources = await load(
      '# nothing\n---\nkind: Deployment\napiVersion: apps/v1\n---\njust text\n---\nkind: Component\napiVersion: example.com/v1\n',
    );
    expect(names(resources)).toEqual([]);
  });

  it('are not needed: then there are pubsub and statestore', async () => {
    const resources = await loadResources({
      folders: undefined,
      substitute: true,
      log: () => undefined,
    });
    expect(names(resources)).toEqual(['pubsub', 'statestore']);
    expect(
      resources.componentOf('any', 'statestore')?.metadata['actorStateStore'],
    ).toBe('true');
  });

  it('give metadata as text, from values, the environment and templates', async () => {
    process.env['NESTJS_DAPR_SPEC'] = 'from outside';
    const resources = await load(
      component(
        'c',
        'pubsub.in-memory',
        `  metadata:
    - { name: text, value: "a b" }
    - { name: number, value: 5 }
    - { name: flag, value: true }
    - { name: empty }
    - { name: object, value: { a: [1] } }
    - { name: env, envRef: NESTJS_DAPR_SPEC }
    - { name: absent, envRef: NESTJS_DAPR_NOT_SET }
    - { name: app, value: "{appID}-{namespace}" }
    - { name: id, value: "{uuid}" }
`,
      ),
    );
    delete process.env['NESTJS_DAPR_SPEC'];
    const found = resources.componentOf('shop', 'c')!;
    expect(metadataFor(found, 'shop')).toEqual({
      text: 'a b',
      number: '5',
      flag: 'true',
      empty: '',
      object: '{"a":[1]}',
      env: 'from outside',
      absent: '',
      app: 'shop-default.shop',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(metadataValue(found.metadata, 'TEXT')).toBe('a b');
  });

  it('are for the applications in their scopes, or for all', async () => {
    const resources = await load(
      `${component('all', 'state.in-memory')}---\n${component('some', 'state.in-memory', '', 'scopes: [shop]')}`,
    );
    expect(names(resources, 'shop')).toEqual(['all', 'some']);
    expect(names(resources, 'mail')).toEqual(['all']);
    expect(resources.componentOf('mail', 'some')).toBeUndefined();
  });

  it('name stores and brokers that are served from memory, with one line each', async () => {
    const resources = await load(
      `${component('db', 'state.redis')}---\n${component('bus', 'pubsub.kafka')}`,
    );
    expect(names(resources)).toEqual(['db', 'bus']);
    expect(lines).toEqual([
      'Component "db" (state.redis) is served from memory: the embedded sidecar does not connect to it.',
      'Component "bus" (pubsub.kafka) is served from memory: the embedded sidecar does not connect to it.',
    ]);
  });

  it.each<[string, string, RegExp | string]>([
    ['broken YAML', 'a: [1', /all\.yaml is no valid YAML: .+line 1/],
    ['a key twice', 'a: 1\na: 2', /no valid YAML/],
    [
      'no name',
      'apiVersion: dapr.io/v1alpha1\nkind: Component\nspec: { type: state.in-memory }',
      /all\.yaml: Component: metadata\.name is missing/,
    ],
    [
      'no type',
      'apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: { name: a }',
      /Component "a": spec\.type is missing/,
    ],
    [
      'an item without a name',
      component('a', 'state.in-memory', '  metadata: [{ value: 1 }]'),
      /Component "a": spec\.metadata\[0\]\.name is missing/,
    ],
    [
      'metadata that is no list',
      component('a', 'state.in-memory', '  metadata: { a: b }'),
      /spec\.metadata must be a list/,
    ],
    [
      'scopes that are no texts',
      component('a', 'state.in-memory', '', 'scopes: [{ a: b }]'),
      /scopes\[0\] must be a text/,
    ],
    [
      'one name twice',
      `${component('a', 'state.in-memory')}---\n${component('a', 'pubsub.in-memory')}`,
      /Component "a" has the name of another one in .*all\.yaml\. Rename/,
    ],
    [
      'a secret',
      component(
        'a',
        'state.in-memory',
        '  metadata: [{ name: p, secretKeyRef: { name: s } }]',
      ),
      /Component "a": auth\.secretStore is missing/,
    ],
    [
      "one of Dapr's own variables",
      component(
        'a',
        'state.in-memory',
        '  metadata: [{ name: p, envRef: DAPR_API_TOKEN }]',
      ),
      /envRef names DAPR_API_TOKEN, which Dapr gives to no component/,
    ],
    [
      'a type that is not there',
      component('a', 'bindings.kafka'),
      /all\.yaml: Component "a" is of type bindings\.kafka, which the embedded sidecar does not have\. .*dapr run.*scopes/,
    ],
    [
      'a subscription without a topic',
      'apiVersion: dapr.io/v2alpha1\nkind: Subscription\nmetadata: { name: s }\nspec: { pubsubname: p, routes: { default: /a } }',
      /Subscription "s": spec\.topic is missing/,
    ],
    [
      'a subscription without a route',
      'apiVersion: dapr.io/v2alpha1\nkind: Subscription\nmetadata: { name: s }\nspec: { pubsubname: p, topic: t }',
      /spec\.routes needs a default, or rules/,
    ],
    [
      'a rule that does not compile',
      'apiVersion: dapr.io/v2alpha1\nkind: Subscription\nmetadata: { name: s }\nspec: { pubsubname: p, topic: t, routes: { rules: [{ match: "event.type ==", path: /a }] } }',
      /spec\.routes\.rules\[0\]\.match is no valid rule/,
    ],
    [
      'a retry of an unknown kind',
      'apiVersion: dapr.io/v1alpha1\nkind: Resiliency\nmetadata: { name: r }\nspec: { policies: { retries: { a: { policy: linear } } } }',
      /Resiliency "r": spec\.policies\.retries\.a\.policy must be constant or exponential/,
    ],
    [
      'a timeout that is no duration',
      'apiVersion: dapr.io/v1alpha1\nkind: Resiliency\nmetadata: { name: r }\nspec: { policies: { timeouts: { a: soon } } }',
      /spec\.policies\.timeouts\.a "soon" is no duration/,
    ],
    [
      'a range of statuses that is none',
      'apiVersion: dapr.io/v1alpha1\nkind: Resiliency\nmetadata: { name: r }\nspec: { policies: { retries: { a: { matching: { httpStatusCodes: "503-500" } } } } }',
      /"503-500" is no status or range/,
    ],
  ])('with %s are refused in words', async (_what, text, words) => {
    await expect(load(text)).rejects.toThrow(DaprConfigurationError);
    await expect(load(text)).rejects.toThrow(words);
  });

  it('must be in a folder that exists', async () => {
    await expect(
      loadResources({
        folders: ['no/such/folder'],
        substitute: true,
        log: () => undefined,
      }),
    ).rejects.toThrow(
      /folder "no\/such\/folder" can't be read \(ENOENT\)\. Name a folder that exists/,
    );
  });

  it('refuse substitutes when these are switched off', async () => {
    await expect(load(component('db', 'state.redis'), false)).rejects.toThrow(
      /substitutes in memory are switched off \(substitute: false\)\. Switch them on/,
    );
  });

  it('leave out what says ignoreErrors', async () => {
    const text = component('a', 'bindings.kafka', '  ignoreErrors: true');
    expect(names(await load(text))).toEqual([]);
    expect(lines).toEqual([
      expect.stringMatching(/^Left out: .*bindings\.kafka/),
    ]);
  });

  it('refuse only the applications in scope of what is not there', async () => {
    const resources = await load(
      component('a', 'bindings.kafka', '', 'scopes: [mail]'),
    );
    expect(() => resources.requireServed('mail')).toThrow('bindings.kafka');
    resources.requireServed('shop');
  });

  it('hold subscriptions of both versions', async () => {
    const resources = await load(`apiVersion: dapr.io/v1alpha1
kind: Subscription
metadata: { name: old }
scopes: [shop]
spec:
  pubsubname: p
  topic: t1
  route: /t1
  deadLetterTopic: dead
  metadata: { rawPayload: true }
---
apiVersion: dapr.io/v2alpha1
kind: Subscription
metadata: { name: new }
spec:
  pubsubname: p
  topic: t2
  routes:
    rules: [{ match: 'event.type == "a"', path: /a }]
    default: /b
  bulkSubscribe: { enabled: true, maxMessagesCount: 10 }
`);
    expect(resources.subscriptionsOf('mail').map(({ name }) => name)).toEqual([
      'new',
    ]);
    expect(resources.subscriptionsOf('shop').map(({ entry }) => entry)).toEqual(
      [
        {
          pubsubname: 'p',
          topic: 't1',
          route: '/t1',
          deadLetterTopic: 'dead',
          metadata: { rawPayload: 'true' },
        },
        {
          pubsubname: 'p',
          topic: 't2',
          routes: {
            rules: [{ match: 'event.type == "a"', path: '/a' }],
            default: '/b',
          },
          bulkSubscribe: { enabled: true, maxMessagesCount: 10 },
        },
      ],
    );
  });

  it('turn preview features on', async () => {
    const resources = await load(`apiVersion: dapr.io/v1alpha1
kind: Configuration
metadata: { name: c }
spec:
  features:
    - { name: ActorStateTTL, enabled: true }
    - { name: Other, enabled: false }
`);
    expect([...resources.features]).toEqual(['ActorStateTTL']);
  });
});
