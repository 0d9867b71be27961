import { expect, it } from '@jest/globals';
import {
  DaprBadRequestError,
  DaprError,
  DaprNotFoundError,
  type ConfigurationResponse,
  type ConfigurationSubscription,
} from '../../lib/index.js';
import type { ClientConfiguration } from '../../lib/client/configuration.js';
import { component } from '../conformance/components.js';
import type { Backing } from '../support/backing.js';
import {
  valuesOf,
  type ConfigurationValues,
} from '../support/configuration-values.js';
import { until } from '../support/until.js';
import { describeParity } from './parity.js';

const KEY = 'a/b c?#%+é';
let backing: Backing;

const nothing = (): void => undefined;

const item = (key: string, value: string, version = '') => ({
  key,
  value,
  version,
  metadata: {},
});

describeParity(
  'configuration',
  {
    resources: (of) => {
      backing = of;
      return of.component('configuration', 'conf');
    },
  },
  (run) => {
    const values = (): ConfigurationValues =>
      valuesOf(run.sidecar, backing, 'conf');

    it('comes with versions where there are some [C4]', async () => {
      await values().set('one', 'v||1');
      await values().set(KEY, '<&>');
      const { configuration } = run.client;
      const response = await configuration.get('conf', ['one', KEY, 'absent']);
      expect(response).toEqual({
        items: { one: item('one', 'v', '1'), [KEY]: item(KEY, '<&>') },
      });
    });

    it('comes wholly where no key is named', async () => {
      await values().set('all', 'v');
      const { items } = await run.client.configuration.get('conf');
      expect(items).toMatchObject({ all: item('all', 'v') });
      expect(await run.client.configuration.get('conf', [])).toEqual({ items });
    });

    it('is empty where there is nothing [C12]', async () => {
      const { configuration } = run.client;
      expect(await configuration.get('conf', ['absent'], { x: 1 })).toEqual({
        items: {},
      });
    });

    it('has keys that objects have, too', async () => {
      await values().set('constructor', 'c');
      const { configuration } = run.client;
      const { items } = await configuration.get('conf', ['constructor']);
      expect(items['constructor']).toEqual(item('constructor', 'c'));
    });

    it('is in a store that is not there, and the error says what to check', async () => {
      const failed = run.client.configuration.get('nope', ['a']);
      await expect(failed).rejects.toThrow(DaprNotFoundError);
      await expect(failed).rejects.toMatchObject({
        errorCode: 'ERR_CONFIGURATION_STORE_NOT_FOUND',
        status: 400,
        operation: 'configuration.get "nope" key "a"',
      });
      await expect(failed).rejects.toThrow(/among the sidecar's resources/);
    });

    it.each([
      ['no store', '', ['a'], /the store name is empty/],
      ['an empty key', 'conf', ['a', ''], /the key is empty/],
    ])('is not asked for with %s', async (_what, store, keys, message) => {
      const failed = run.client.configuration.get(store, keys);
      await expect(failed).rejects.toThrow(DaprBadRequestError);
      await expect(failed).rejects.toThrow(message);
    });

    it('tells of changes over gRPC, and over HTTP an app only', async () => {
      const told: ConfigurationResponse[] = [];
      const subscribed = run.client.configuration.subscribeWithKeys(
        'conf',
        ['told', 'told'],
        (update) => void told.push(update),
      );
      if (run.protocol === 'HTTP') {
        await expect(subscribed).rejects.toThrow(DaprBadRequestError);
        await expect(subscribed).rejects.toThrow(
          /this client is not that of an app with DaprModule\. Give the client communicationProtocol: CommunicationProtocolEnum\.GRPC/,
        );
        return;
      }
      const subscription = await subscribed;
      // Redis begins to tell some time later.
      await until(async () => {
        await values().set('told', 'probe');
        return told.length > 0;
      });
      await values().set('told', 'new||2');
      await values().delete('told');
      await until(() => told.at(-1)?.items['told']?.value === '');
      expect(told.at(-1)).toEqual({ items: { told: item('told', '') } });
      await subscription.stop();
      await subscription.stop();
      const before = told.length;
      await values().set('told', 'late');
      expect(await run.client.configuration.get('conf', ['told'])).toEqual({
        items: { told: item('told', 'late') },
      });
      expect(told).toHaveLength(before);
    });

    if (run.protocol === 'gRPC') {
      it('is subscribed to wholly, or with metadata', async () => {
        const { configuration } = run.client;
        const told: string[] = [];
        const hear = ({ items }: ConfigurationResponse): void =>
          void told.push(...Object.keys(items));
        const subscriptions: ConfigurationSubscription[] = [
          await configuration.subscribe('conf', hear),
          await configuration.subscribeWithMetadata(
            'conf',
            ['m'],
            { x: 1 },
            hear,
          ),
        ];
        await until(async () => {
          await values().set('any', 'v');
          await values().set('m', 'v');
          return told.includes('any') && told.includes('m');
        });
        await Promise.all(subscriptions.map((each) => each.stop()));
      });

      it('is not subscribed to in a store that is not there', async () => {
        const failed = run.client.configuration.subscribe('nope', nothing);
        await expect(failed).rejects.toThrow(DaprNotFoundError);
        await expect(failed).rejects.toThrow(/configuration\.subscribe "nope"/);
      });
    } else {
      it.each<[string, (of: ClientConfiguration) => Promise<unknown>]>([
        ['wholly', (of) => of.subscribe('conf', nothing)],
        [
          'with metadata',
          (of) => of.subscribeWithMetadata('conf', ['m'], { x: 1 }, nothing),
        ],
        ['in a store that is not there', (of) => of.subscribe('nope', nothing)],
      ])(
        'is not subscribed to %s by a client that is not that of an app',
        async (_what, subscribe) => {
          const failed = subscribe(run.client.configuration);
          await expect(failed).rejects.toThrow(DaprBadRequestError);
          await expect(failed).rejects.toThrow(
            /this client is not that of an app/,
          );
        },
      );
    }
  },
);

describeParity(
  'configuration where there is no store',
  { resources: () => component('state.in-memory', 'store') },
  (run) => {
    it('is not found', async () => {
      const failed = run.client.configuration.get('store');
      await expect(failed).rejects.toThrow(DaprError);
      await expect(failed).rejects.toMatchObject({
        errorCode: 'ERR_CONFIGURATION_STORE_NOT_CONFIGURED',
      });
    });
  },
);
