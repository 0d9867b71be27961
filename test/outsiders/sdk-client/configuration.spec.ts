import type { DaprClient } from '@dapr/dapr';
import { expect, it } from '@jest/globals';
import { valuesOf } from '../../support/configuration-values.js';
import { until } from '../../support/until.js';
import { describeSdk, failureOf, withResources } from './sdk-client.js';

type Hear = Parameters<DaprClient['configuration']['subscribe']>[1];
type Subscribe = (
  configuration: DaprClient['configuration'],
  hear: Hear,
) => ReturnType<DaprClient['configuration']['subscribe']>;

const SUBSCRIPTIONS: readonly (readonly [string, Subscribe])[] = [
  ['wholly', (configuration, hear) => configuration.subscribe('conf', hear)],
  [
    'by keys',
    (configuration, hear) =>
      configuration.subscribeWithKeys('conf', ['told', ''], hear),
  ],
  [
    'with metadata',
    (configuration, hear) =>
      configuration.subscribeWithMetadata('conf', ['told'], { a: 'b' }, hear),
  ],
];

describeSdk(
  'configuration',
  () =>
    withResources(
      (backing) => backing.component('configuration', 'conf'),
      'redis',
    ),
  (run) => {
    const set = (key: string, text: string): Promise<void> => {
      const { sidecar, backing } = run.started;
      return valuesOf(sidecar, backing, 'conf').set(key, text);
    };

    if (run.protocol === 'HTTP') {
      it('is not to be had of the SDK', async () => {
        const { configuration } = run.client;
        for (const call of [
          () => configuration.get('conf', ['one']),
          ...SUBSCRIPTIONS.map(
            ([, subscribe]) =>
              () =>
                subscribe(configuration, async () => undefined),
          ),
        ])
          await expect(call()).rejects.toThrow('HTTP is currently not');
      });
      return;
    }

    it('comes by its keys, or wholly', async () => {
      await set('one', 'v||1');
      await set('two', '<&>');
      const { configuration } = run.client;
      const one = { key: 'one', value: 'v', version: '1', metadata: {} };
      expect(await configuration.get('conf', ['one', 'none', ''])).toEqual({
        items: { one },
      });
      expect((await configuration.get('conf')).items).toMatchObject({
        one,
        two: { value: '<&>', version: '' },
      });
    });

    it.each(SUBSCRIPTIONS)(
      'is subscribed to %s, until told to stop',
      async (_how, subscribe) => {
        const { configuration } = run.client;
        const told: string[] = [];
        const others: string[] = [];
        const subscription = await subscribe(configuration, into(told));
        const other = await configuration.subscribe('conf', into(others));
        const heard = (values: string[], value: string) =>
          until(async () => {
            await set('told', value);
            return values.includes(value);
          });
        await heard(told, 'v1');
        await heard(others, 'v1');
        await subscription.stop();
        await heard(others, 'v2');
        expect(told).not.toContain('v2');
        await other.stop();
      },
    );

    it('is in a store that is not there', async () => {
      const { configuration } = run.client;
      expect(await failureOf(configuration.get('nope', ['a']))).toMatchObject({
        code: 3,
        message: 'configuration store nope not found',
      });
      // The SDK tells nobody that a subscription failed.
      const { stop } = await configuration.subscribe(
        'nope',
        async () => undefined,
      );
      await stop();
    });
  },
);

function into(values: string[]): Hear {
  return async ({ items }) => {
    values.push(...Object.values(items).map(({ value }) => value));
  };
}
