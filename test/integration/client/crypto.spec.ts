import { afterEach, describe, expect, it } from '@jest/globals';
import { getEventListeners, once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import {
  DaprClient,
  type DaprClientOptions,
  DaprBadRequestError,
  DaprError,
  DaprTimeoutError,
  type DecryptRequest,
  type EncryptRequest,
  SidecarUnavailableError,
} from '../../../lib/index.js';
import { CommunicationProtocolEnum } from '../../../lib/client/communication-protocol.js';
import type { EncryptRequest as WireRequest } from '../../../lib/protocol/proto/generated/crypto.js';
import { Activity } from '../../../lib/sidecar/activity.js';
import { GrpcError, type GrpcMethods } from '../../../lib/sidecar/grpc/api.js';
import { GrpcFront } from '../../../lib/sidecar/grpc/front.js';
import { Gate } from '../../support/gate.js';
import { ManualClock } from './manual-clock.js';
import { freePort, startServer, type TestServer } from './server.js';

type Encrypt = NonNullable<GrpcMethods['encryptAlpha1']>;
type Responses = ReturnType<Encrypt>;

const REQUEST: EncryptRequest = {
  componentName: 'vault',
  keyName: 'key',
  keyWrapAlgorithm: 'AES',
};
const KIB = 1024;

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A sidecar that does with calls to encrypt what it is told. */
async function startSidecar(
  encryptAlpha1: Encrypt,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const front = new GrpcFront({
    appId: 'app',
    instanceId: 'app-1',
    methods: { encryptAlpha1 },
    forward: () => Promise.reject(new GrpcError(12, 'unknown')),
    apiToken: undefined,
    activity: new Activity(),
    warn: () => undefined,
  });
  const close = (): Promise<void> => front.close();
  ends.push(close);
  return { port: await front.listen(0), close };
}

function connect(
  port: number,
  options: DaprClientOptions = {},
  clock?: ManualClock,
): DaprClient {
  const client = new DaprClient(
    {
      daprGrpcPort: port,
      communicationProtocol: CommunicationProtocolEnum.GRPC,
      ...options,
    },
    clock ? { clock } : {},
  );
  ends.push(() => client.stop());
  return client;
}

/** Gives back what it gets. */
async function* echo(requests: AsyncIterable<WireRequest>): Responses {
  for await (const { payload } of requests) if (payload) yield { payload };
}

describe('a crypto stream', () => {
  it('is no call before it is used', async () => {
    let calls = 0;
    const { port } = await startSidecar((requests) => {
      calls += 1;
      return echo(requests);
    });
    const { crypto } = connect(port);
    const [unused, used] = await Promise.all([
      crypto.encrypt(REQUEST),
      crypto.encrypt(REQUEST),
    ]);
    used.end('x');
    expect(String(await buffer(used))).toBe('x');
    expect(calls).toBe(1);
    unused.destroy();
    await once(unused, 'close');
    expect(calls).toBe(1);
  });

  it('says its options once, and sends data in numbered pieces', async () => {
    const seen: unknown[] = [];
    const { port } = await startSidecar(async function* (requests) {
      for await (const { options, payload } of requests) {
        seen.push(options ?? [payload?.seq, payload?.data.length]);
        if (payload) yield { payload };
      }
    });
    const { crypto } = connect(port);
    const stream = await crypto.encrypt({
      ...REQUEST,
      keyWrapAlgorithm: 'A128CBC',
      omitDecryptionKeyName: true,
    });
    stream.write(Buffer.alloc(130 * KIB));
    stream.end('xyz');
    expect(await buffer(stream)).toHaveLength(130 * KIB + 3);
    expect(seen).toEqual([
      {
        componentName: 'vault',
        keyName: 'key',
        keyWrapAlgorithm: 'A128CBC-NOPAD',
        dataEncryptionCipher: '',
        omitDecryptionKeyName: true,
        decryptionKeyName: '',
      },
      [0, 64 * KIB],
      [1, 64 * KIB],
      [2, 2 * KIB],
      [3, 3],
    ]);
  });

  it('waits for its user as long as it takes', async () => {
    const clock = new ManualClock();
    const { port } = await startSidecar(echo);
    const { crypto } = connect(port, { timeout: 1000 }, clock);
    const stream = await crypto.encrypt(REQUEST);
    const parts = stream[Symbol.asyncIterator]();
    stream.write('one');
    expect(String((await parts.next()).value)).toBe('one');
    clock.advance(3_600_000);
    stream.end('two');
    expect(String((await parts.next()).value)).toBe('two');
    expect(await parts.next()).toMatchObject({ done: true });
    expect(clock.pending).toBe(0);
  });

  it('waits for its reader as long as it takes', async () => {
    const clock = new ManualClock();
    const { port } = await startSidecar(async function* () {
      for (let seq = 0; seq < 100; seq += 1)
        yield { payload: { seq, data: Buffer.alloc(64 * KIB) } };
    });
    const { crypto } = connect(port, { timeout: 1000 }, clock);
    const stream = await crypto.encrypt(REQUEST);
    stream.end();
    await once(stream, 'readable');
    clock.advance(3_600_000);
    expect(stream.destroyed).toBe(false);
    expect(await buffer(stream)).toHaveLength(6400 * KIB);
  });

  it('fails when the sidecar has everything, and stands still [C8]', async () => {
    const clock = new ManualClock();
    const gate = new Gate();
    const { port } = await startSidecar(async function* (requests) {
      yield* echo(requests);
      await gate.opened;
    });
    const { crypto } = connect(port, {}, clock);
    const stream = await crypto.encrypt({ ...REQUEST, timeout: 500 });
    const parts = stream[Symbol.asyncIterator]();
    stream.end('x');
    await parts.next();
    clock.advance(499);
    expect(stream.destroyed).toBe(false);
    clock.advance(1);
    await expect(parts.next()).rejects.toThrow(DaprTimeoutError);
    expect(clock.pending).toBe(0);
    gate.open();
  });

  it('fails when the sidecar takes nothing any more [C8]', async () => {
    const clock = new ManualClock();
    const gate = new Gate();
    const { port } = await startSidecar(async function* (requests) {
      for await (const { payload } of requests) {
        if (!payload) continue;
        yield { payload };
        await gate.opened;
      }
    });
    const { crypto } = connect(port, { timeout: 1000 }, clock);
    const stream = await crypto.encrypt(REQUEST);
    function* endless(): Generator<Buffer> {
      for (;;) yield Buffer.alloc(64 * KIB);
    }
    const read = new Gate();
    const piped = pipeline(
      endless,
      stream,
      async (parts: AsyncIterable<Buffer>) => {
        for await (const part of parts) if (part.length > 0) read.open();
      },
    );
    const failed = expect(piped).rejects.toThrow(DaprTimeoutError);
    await read.opened;
    // As soon as it stands: while data still go out, the time begins anew.
    while (!stream.destroyed) {
      clock.advance(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await failed;
    gate.open();
  });

  it('fails when the sidecar goes', async () => {
    const sidecar = await startSidecar(echo);
    const { crypto } = connect(sidecar.port);
    const stream = await crypto.encrypt(REQUEST);
    const parts = stream[Symbol.asyncIterator]();
    stream.write('x');
    await parts.next();
    await sidecar.close();
    await expect(parts.next()).rejects.toThrow(SidecarUnavailableError);
    expect(stream.destroyed).toBe(true);
  });

  it('fails when the sidecar is done too early', async () => {
    const { port } = await startSidecar(async function* (requests) {
      for await (const { payload } of requests)
        if (payload) return yield { payload };
    });
    const { crypto } = connect(port);
    const stream = await crypto.encrypt(REQUEST);
    stream.write('x');
    await expect(buffer(stream)).rejects.toThrow(/before it had everything/);
    expect(stream.destroyed).toBe(true);
  });

  it('fails when there is no sidecar', async () => {
    const clock = new ManualClock();
    const { crypto } = connect(
      await freePort(),
      { readyTimeout: 1000, timeout: 5000 },
      clock,
    );
    const stream = await crypto.encrypt(REQUEST);
    const read = buffer(stream);
    stream.write('x');
    clock.advance(1000);
    await expect(read).rejects.toThrow(SidecarUnavailableError);
    await expect(read).rejects.toThrow(/DAPR_GRPC_PORT/);
    expect(clock.pending).toBe(0);
  });

  it('fails at once when there is no sidecar that it would wait for', async () => {
    const { crypto } = connect(await freePort(), { readyTimeout: 0 });
    const stream = await crypto.encrypt(REQUEST);
    stream.end('x');
    await expect(buffer(stream)).rejects.toThrow(SidecarUnavailableError);
  });

  it('ends with the client', async () => {
    const { port } = await startSidecar(echo);
    const client = connect(port);
    const stream = await client.crypto.encrypt(REQUEST);
    const parts = stream[Symbol.asyncIterator]();
    stream.write('x');
    await parts.next();
    await client.stop();
    await expect(parts.next()).rejects.toThrow(/the client was stopped/);
    const late = client.crypto.encrypt('x', REQUEST);
    await expect(late).rejects.toThrow(/the client was stopped/);
  });

  it('tells the sidecar that nobody wants it any more', async () => {
    const gone = new Gate();
    const { port } = await startSidecar(async function* (requests, call) {
      call.signal.addEventListener('abort', () => gone.open());
      yield* echo(requests);
    });
    const { crypto } = connect(port);
    const stream = await crypto.encrypt(REQUEST);
    stream.write('x');
    await once(stream, 'readable');
    stream.destroy();
    await gone.opened;
  });

  it('leaves nothing with its signal', async () => {
    const { port } = await startSidecar(echo);
    const { signal } = new AbortController();
    const { crypto } = connect(port);
    const stream = await crypto.encrypt({ ...REQUEST, signal });
    stream.end('x');
    await buffer(stream);
    await crypto.encrypt('x', { ...REQUEST, signal });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('data that are encrypted over gRPC', () => {
  it('reject when they take too long [C8]', async () => {
    const clock = new ManualClock();
    const begun = new Gate();
    const gate = new Gate();
    const { port } = await startSidecar(async function* (requests) {
      for await (const { payload } of requests) if (payload) begun.open();
      await gate.opened;
      yield {};
    });
    const { crypto } = connect(port, { timeout: 1000 }, clock);
    const made = crypto.encrypt('x', REQUEST);
    await begun.opened;
    clock.advance(1000);
    await expect(made).rejects.toThrow(DaprTimeoutError);
    expect(clock.pending).toBe(0);
    gate.open();
  });

  it("reject with the signal's reason, though nothing was sent yet [C8]", async () => {
    let calls = 0;
    const { port } = await startSidecar((requests) => {
      calls += 1;
      return echo(requests);
    });
    const { crypto } = connect(port);
    const stop = new AbortController();
    const reason = new Error('enough');
    const made = crypto.encrypt('x', { ...REQUEST, signal: stop.signal });
    stop.abort(reason);
    await expect(made).rejects.toBe(reason);
    expect(calls).toBe(0);
  });

  it('reject when the sidecar goes, and give no part of them', async () => {
    const begun = new Gate();
    const sidecar = await startSidecar(async function* (requests) {
      for await (const { payload } of requests) {
        if (payload) yield { payload };
        if (payload) begun.open();
      }
      await new Promise(() => undefined);
    });
    const { crypto } = connect(sidecar.port);
    const made = crypto.encrypt(Buffer.alloc(1000 * KIB), REQUEST);
    const failed = expect(made).rejects.toThrow(SidecarUnavailableError);
    await begun.opened;
    await sidecar.close();
    await failed;
  });
});

describe('a client that speaks HTTP', () => {
  const serve = async (
    document: (body: Buffer) => Buffer,
  ): Promise<TestServer> => {
    const server = await startServer(({ body }, response) => {
      response.writeHead(200).end(document(body));
    });
    ends.push(() => server.close());
    return server;
  };
  const client = (
    httpEndpoint: string,
    options: DaprClientOptions = {},
  ): DaprClient =>
    connect(9, {
      httpEndpoint,
      communicationProtocol: CommunicationProtocolEnum.HTTP,
      ...options,
    });
  const head = Buffer.from('dapr.io/enc/v1\n{}\nbWFj\n');

  it('sends what it is told as headers', async () => {
    const server = await serve((body) =>
      Buffer.concat([head, Buffer.alloc(body.length + 16)]),
    );
    const { crypto } = client(server.url);
    await crypto.encrypt('text', {
      componentName: 'my vault/1',
      keyName: 'schlüssel',
      keyWrapAlgorithm: 'A256CBC',
      dataEncryptionCipher: 'chacha20-poly1305',
      omitDecryptionKeyName: true,
      decryptionKeyName: 'another',
    });
    const [request] = server.requests;
    expect(request).toMatchObject({
      method: 'PUT',
      url: '/v1.0-alpha1/crypto/my%20vault%2F1/encrypt',
      body: Buffer.from('text'),
    });
    expect(request?.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'dapr-key-name': Buffer.from('schlüssel').toString('latin1'),
      'dapr-key-wrap-algorithm': 'A256CBC-NOPAD',
      'dapr-data-encryption-cipher': 'chacha20-poly1305',
      'dapr-omit-decryption-key-name': 'true',
      'dapr-decryption-key-name': 'another',
    });
  });

  it('sends nothing that it was not told', async () => {
    const server = await serve((body) =>
      Buffer.concat([head, Buffer.alloc(body.length + 16)]),
    );
    const { crypto } = client(server.url);
    await crypto.encrypt('text', REQUEST);
    await crypto.decrypt(Buffer.from('text'), { componentName: 'vault' });
    const told = server.requests.map(({ headers }) =>
      Object.keys(headers).filter((name) => name.startsWith('dapr-')),
    );
    expect(told).toEqual([['dapr-key-name', 'dapr-key-wrap-algorithm'], []]);
  });

  it.each([1, 64 * KIB, 64 * KIB + 1, 200 * KIB])(
    'refuses a document that lacks the last of %i bytes, as daprd makes it at its limit',
    async (length) => {
      const sealed = (size: number): Buffer =>
        Buffer.alloc(size + 16 * Math.ceil(size / (64 * KIB)));
      const server = await serve((body) =>
        Buffer.concat([head, sealed(body.length - 1)]),
      );
      const { crypto } = client(server.url);
      const made = crypto.encrypt(Buffer.alloc(length), REQUEST);
      await expect(made).rejects.toThrow(DaprError);
      await expect(made).rejects.toThrow(/--max-body-size/);
    },
  );

  it('takes streams and data of more than 4 MiB to gRPC', async () => {
    const { crypto } = client('http://127.0.0.1:9', {
      daprGrpcPort: await freePort(),
      readyTimeout: 0,
    });
    const large = crypto.encrypt(Buffer.alloc(4096 * KIB + 1), REQUEST);
    await expect(large).rejects.toThrow(/DAPR_GRPC_PORT/);
    const stream = await crypto.decrypt({ componentName: 'vault' });
    stream.end('x');
    await expect(buffer(stream)).rejects.toThrow(/DAPR_GRPC_PORT/);
  });
});

describe.each(['HTTP', 'GRPC'] as const)(
  'a call of the crypto API over %s',
  (protocol) => {
    const { crypto } = new DaprClient({
      daprPort: 9,
      daprGrpcPort: 9,
      readyTimeout: 0,
      communicationProtocol: CommunicationProtocolEnum[protocol],
    });
    const vault: DecryptRequest = { componentName: 'vault' };

    it.each<[string, () => Promise<unknown>, RegExp]>([
      [
        'no component',
        () => crypto.encrypt('x', { ...REQUEST, componentName: '' }),
        /crypto\.encrypt "" key "key" failed: the component name is empty/,
      ],
      [
        'no key',
        () => crypto.encrypt({ ...REQUEST, keyName: '' }),
        /the key name is empty/,
      ],
      [
        'no algorithm',
        () =>
          crypto.encrypt('x', { ...REQUEST, keyWrapAlgorithm: '' as 'AES' }),
        /the key wrap algorithm is empty/,
      ],
      [
        'no options',
        () => crypto.encrypt('x' as unknown as EncryptRequest),
        /the component name is empty/,
      ],
      [
        'nothing',
        () => crypto.decrypt(undefined as unknown as DecryptRequest),
        /the component name is empty/,
      ],
      [
        'text to decrypt',
        () => crypto.decrypt('x' as unknown as Buffer, vault),
        /crypto\.decrypt "vault" failed: the data is no Buffer, typed array or/,
      ],
      [
        'undefined as data',
        () => crypto.encrypt(undefined as unknown as string, REQUEST),
        /the data is no Buffer, typed array or ArrayBuffer, and no string/,
      ],
      [
        'an object as data',
        () => crypto.encrypt({ a: 1 } as unknown as string, REQUEST),
        /the data is no Buffer/,
      ],
    ])('is refused before it goes out: %s', async (_, call, message) => {
      await expect(call()).rejects.toThrow(DaprBadRequestError);
      await expect(call()).rejects.toThrow(message);
    });
  },
);
