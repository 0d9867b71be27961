// Written for `@dapr/dapr`, but for the name of the package: sdk.spec.ts compiles it against both.
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { CommunicationProtocolEnum, DaprClient, HttpMethod } from 'nestjs-dapr';
import {
  StateConcurrencyEnum,
  StateConsistencyEnum,
  type DaprClientOptions,
  type InvokerOptions,
  type PubSubBulkPublishMessage,
  type PubSubBulkPublishResponse,
} from 'nestjs-dapr';
import { LockStatus } from 'nestjs-dapr';

const daprHost = '127.0.0.1';
const daprPort = '3500';

export function constructing() {
  const options: Partial<DaprClientOptions> = {
    daprHost,
    daprPort,
    communicationProtocol: CommunicationProtocolEnum.GRPC,
    daprApiToken: 'secret',
  };
  const client = new DaprClient(options);
  console.log(client.options.communicationProtocol);
  return [
    client,
    new DaprClient(),
    new DaprClient({ daprHost, daprPort }),
    new DaprClient({ communicationProtocol: CommunicationProtocolEnum.HTTP }),
  ];
}

export async function starting(client: DaprClient): Promise<void> {
  await client.start();
  if (!(await client.health.isHealthy())) console.error('no sidecar');
  await client.sidecar.shutdown();
  await client.stop();
}

declare class GreeterClient {
  constructor(address: string, credentials: unknown, options?: object);
  sayHello(
    request: { name: string },
    callback: (error: Error | null, reply: { message: string }) => void,
  ): void;
}

export async function proxying(client: DaprClient): Promise<void> {
  const proxy = await client.proxy.create<GreeterClient>(GreeterClient);
  proxy.sayHello({ name: 'Ada' }, (error, { message }) =>
    console.log(error ?? message),
  );
}

export async function invoking(client: DaprClient): Promise<void> {
  const posted = await client.invoker.invoke(
    'my-app-id',
    'say-hello',
    HttpMethod.POST,
    { hello: 'world' },
  );
  const options: InvokerOptions = { headers: { 'x-user-id': '123' } };
  const got: object = await client.invoker.invoke(
    'my-app-id',
    'say-hello',
    HttpMethod.GET,
    undefined,
    options,
  );
  const method: HttpMethod = HttpMethod.DELETE;
  await client.invoker.invoke('my-app-id', 'orders/1', method);
  console.log(posted, Object.keys(got));
}

export async function storing(client: DaprClient): Promise<void> {
  const storeName = 'my-state-store-name';
  const saved = await client.state.save(storeName, [
    { key: 'first-key-name', value: 'hello' },
    {
      key: 'second-key-name',
      value: { hello: 'world' },
      etag: '1234',
      metadata: { ttlInSeconds: '100' },
      options: {
        concurrency: StateConcurrencyEnum.CONCURRENCY_FIRST_WRITE,
        consistency: StateConsistencyEnum.CONSISTENCY_STRONG,
      },
    },
  ]);
  if (saved.error) throw saved.error;

  const entries = [];
  for (const key of ['a', 'b']) entries.push({ key, value: { of: key } });
  const { error } = await client.state.save(storeName, entries, {
    metadata: { contentType: 'application/json' },
  });
  if (error) console.error(error.message);

  const text = (await client.state.get(storeName, 'first-key-name')) as string;
  const object = (await client.state.get(storeName, 'second-key-name', {
    consistency: StateConsistencyEnum.CONSISTENCY_EVENTUAL,
  })) as Record<string, string>;
  const both = await client.state.getBulk(
    storeName,
    ['first-key-name', 'second-key-name'],
    { parallelism: 2, metadata: { partitionKey: 'a' } },
  );
  console.log(text.length, object['hello'], both.length);

  const deleted = await client.state.delete(storeName, 'first-key-name', {
    etag: '1234',
    concurrency: StateConcurrencyEnum.CONCURRENCY_LAST_WRITE,
    consistency: StateConsistencyEnum.CONSISTENCY_STRONG,
  });
  console.log(deleted.error?.message ?? 'deleted');
}

export async function storingAtOnce(client: DaprClient): Promise<void> {
  await client.state.transaction('my-state-store-name', [
    {
      operation: 'upsert',
      request: { key: 'first-key-name', value: 'new-data' },
    },
    { operation: 'delete', request: { key: 'second-key-name' } },
  ]);

  const operations = [
    {
      operation: 'upsert',
      request: { key: 'a', value: 1, etag: { value: '1' } },
    },
    { operation: 'delete', request: { key: 'b' } },
  ];
  await client.state.transaction('my-state-store-name', operations, {
    partitionKey: 'a',
  });
  await client.state.transaction('my-state-store-name', operations, null);

  type Operation = NonNullable<
    Parameters<DaprClient['state']['transaction']>[1]
  >[number];
  const built: Operation[] = [];
  for (const [kind, key] of Object.entries({ upsert: 'a', delete: 'b' }))
    built.push({ operation: kind, request: { key, value: 1 } });
  await client.state.transaction('my-state-store-name', built);
}

export async function querying(client: DaprClient): Promise<void> {
  const found = await client.state.query('state-mongodb', {
    filter: {
      OR: [
        { EQ: { 'person.org': 'Dev Ops' } },
        {
          AND: [
            { EQ: { 'person.org': 'Finance' } },
            { IN: { state: ['CA', 'WA'] } },
          ],
        },
      ],
    },
    sort: [{ key: 'state', order: 'DESC' }],
    page: { limit: 10 },
  });
  for (const { key, data, etag } of found.results) console.log(key, data, etag);
  console.log(found.token);
}

export async function publishing(client: DaprClient): Promise<void> {
  const topic = 'topic-a';
  const message = { hello: 'world' };
  const response = await client.pubsub.publish('my-pubsub', topic, message);
  if (response.error) console.error(response.error.message);
  const { error } = await client.pubsub.publish('my-pubsub', topic, 'text', {
    contentType: 'text/plain',
    metadata: { ttlInSeconds: 10 },
  });
  if (error) throw new Error(`not published: ${error.message}`);
  await client.pubsub
    .publish('my-pubsub', topic)
    .then(({ error: failure }) => failure && console.error(failure.message));

  const messages: PubSubBulkPublishMessage[] = [
    { entryID: '1', contentType: 'application/json', event: message },
    { event: 'text', metadata: { rawPayload: 'true' } },
    message,
    'text',
  ];
  const bulk: PubSubBulkPublishResponse = await client.pubsub.publishBulk(
    'my-pubsub',
    topic,
    messages,
    { rawPayload: 'true' },
  );
  for (const failed of bulk.failedMessages)
    console.error(failed.message.entryID, failed.error.message);
}

export async function sending(client: DaprClient): Promise<void> {
  const response: object = await client.binding.send(
    'my-binding-name',
    'create',
    { hello: 'world' },
    { fileName: 'a.txt' },
  );
  console.log(JSON.stringify(response));
}

export async function secrets(client: DaprClient): Promise<void> {
  const one = await client.secret.get('my-secret-store', 'secret-key');
  const old = await client.secret.get('store', 'key', 'metadata.version_id=3');
  const all: object = await client.secret.getBulk('my-secret-store');
  console.log((one as Record<string, string>)['secret-key'], old, all);
}

export async function configuring(client: DaprClient): Promise<void> {
  const config = await client.configuration.get('config-store', ['key1']);
  console.log(config.items['key1']?.value);
  const stream = await client.configuration.subscribeWithKeys(
    'config-store',
    ['key1', 'key2'],
    async (data) => {
      for (const [key, item] of Object.entries(data.items))
        console.log(key, item.value, item.version);
    },
  );
  await client.configuration.subscribe('config-store', async (data) =>
    console.log(data),
  );
  await client.configuration.subscribeWithMetadata(
    'config-store',
    ['key1'],
    { any: 'thing' },
    async () => {},
  );
  await stream.stop();
}

export async function locking(client: DaprClient): Promise<string> {
  const { success } = await client.lock.lock('redislock', 'a', 'me', 1000);
  if (!success) return 'taken';
  const { status } = await client.lock.unlock('redislock', 'a', 'me');
  return wordsOf(status);
}

function wordsOf(status: LockStatus): string {
  switch (status) {
    case LockStatus.Success:
      return 'Success';
    case LockStatus.LockDoesNotExist:
      return 'LockDoesNotExist';
    case LockStatus.LockBelongsToOthers:
      return 'LockBelongsToOthers';
    default:
      return 'InternalError';
  }
}

export async function encrypting(client: DaprClient): Promise<void> {
  const ciphertext = await client.crypto.encrypt(Buffer.from('hello'), {
    componentName: 'crypto-local',
    keyName: 'symmetric256',
    keyWrapAlgorithm: 'A256KW',
  });
  const plaintext = await client.crypto.decrypt(ciphertext, {
    componentName: 'crypto-local',
  });
  console.log(plaintext.toString());
  await pipeline(
    createReadStream('plaintext.txt'),
    await client.crypto.encrypt({
      componentName: 'crypto-local',
      keyName: 'symmetric256',
      keyWrapAlgorithm: 'RSA',
    }),
    createWriteStream('ciphertext.out'),
  );
}

export async function looking(client: DaprClient): Promise<void> {
  const metadata = await client.metadata.get();
  for (const { name, type, version } of metadata.components)
    console.log(metadata.id, name, type, version, metadata.extended['a']);
  const isSet: boolean = await client.metadata.set('a', 'b');
  console.log(isSet, metadata.actors.length);
}

export async function workflows(client: DaprClient): Promise<void> {
  const { workflow } = client;
  const id = await workflow.start('Order', { sku: 'book' }, 'order-1');
  await workflow.scheduleNewWorkflow('Order');
  await workflow.raise(id, 'paid', { amount: 1 });
  await workflow.raiseEvent(id, 'paid');
  const { instanceID, runtimeStatus } = await workflow.get(id);
  console.log(instanceID, runtimeStatus, await workflow.getWorkflowState(id));
  await workflow.pause(id);
  await workflow.resume(id);
  await workflow.terminate(id);
  await workflow.purge(id);
}
