import { expect, it } from '@jest/globals';
import {
  DaprBadRequestError,
  SidecarUnavailableError,
} from '../../lib/index.js';
import { component } from '../conformance/components.js';
import { describeParity } from './parity.js';

const MIB = 1024 * 1024;

describeParity(
  'a client whose sidecar takes 4 MiB',
  { resources: () => component('state.in-memory', 'store') },
  (run) => {
    const value = (mebibytes: number): string => 'x'.repeat(mebibytes * MIB);

    it('sends what is not more, and gets it back', async () => {
      const { state } = run.client;
      await state.save('store', [{ key: 'large', value: value(3.75) }]);
      expect(await state.get('store', 'large')).toHaveLength(3.75 * MIB);
    });

    it.each([5, 64])(
      'is told what to do about %d MiB, and goes on [C3]',
      async (mebibytes) => {
        const { state } = run.client;
        const saved = state.save('store', [
          { key: 'k', value: value(mebibytes) },
        ]);
        await expect(saved).rejects.toThrow(DaprBadRequestError);
        await expect(saved).rejects.toThrow(
          /state\.save "store" key "k" failed: .*larger --max-body-size/,
        );
        expect(await state.get('store', 'k')).toBeUndefined();
      },
    );

    it('gets several values that are more together over HTTP alone', async () => {
      const { state } = run.client;
      const keys = ['one', 'two'];
      for (const key of keys)
        await state.save('store', [{ key, value: value(3) }]);
      const read = state.getBulk('store', keys);
      if (run.protocol === 'HTTP') expect(await read).toHaveLength(2);
      else await expect(read).rejects.toThrow(/--max-body-size/);
    });
  },
);

describeParity(
  'a gRPC client of the port of the HTTP API',
  { resources: () => '\n' },
  (run) => {
    it('is told so', async () => {
      const mistaken = run.connect({
        grpcEndpoint: `127.0.0.1:${run.sidecar.httpPort}`,
      });
      const got = mistaken.state.get('store', 'key');
      if (run.protocol === 'HTTP')
        await expect(got).rejects.toMatchObject({ name: 'DaprNotFoundError' });
      // daprd speaks HTTP/2 there, too.
      else if (run.sidecar.kind === 'daprd')
        await expect(got).rejects.toThrow(/that of its HTTP API/);
      else await expect(got).rejects.toThrow(SidecarUnavailableError);
    });
  },
);
