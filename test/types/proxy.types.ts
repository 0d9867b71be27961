// Compiled, never run: what must be accepted, and after @ts-expect-error what must not.
import type {
  ChannelCredentials,
  Client,
  ClientOptions,
  ClientUnaryCall,
  requestCallback,
  ServiceDefinition,
} from '@grpc/grpc-js';
import { DaprClient } from '../../lib/index.js';

interface Name {
  name: string;
}

/** As ts-proto has it with outputServices=grpc-js. */
interface TsProtoClient extends Client {
  greet(request: Name, callback: requestCallback<Name>): ClientUnaryCall;
}
declare const TsProtoClient: {
  new (
    address: string,
    credentials: ChannelCredentials,
    options?: Partial<ClientOptions>,
  ): TsProtoClient;
  service: ServiceDefinition;
  serviceName: string;
};

/** As grpc-tools has it, with grpc_tools_node_protoc_ts. */
declare class GrpcToolsClient {
  constructor(
    address: string,
    credentials: ChannelCredentials,
    options?: Partial<ClientOptions>,
  );
  greet(request: Name, callback: requestCallback<Name>): ClientUnaryCall;
}

/** As proto-loader-gen-types has it. */
declare const ProtoLoaderClient: {
  new (...args: ConstructorParameters<typeof Client>): TsProtoClient;
};

export async function proxies(client: DaprClient): Promise<void> {
  const first = await client.proxy.create(TsProtoClient, { appId: 'greeter' });
  first.greet({ name: 'Ada' }, () => undefined);
  // @ts-expect-error no method of the service
  first.leave();
  const second = await client.proxy.create<GrpcToolsClient>(GrpcToolsClient);
  second.greet({ name: 'Ada' }, () => undefined);
  const third = await client.proxy.create(ProtoLoaderClient, {
    appId: 'greeter',
    'grpc.max_receive_message_length': 1024,
    interceptors: [],
  });
  third.greet({ name: 'Ada' }, () => undefined);
  // @ts-expect-error an instance is no class
  await client.proxy.create(first);
  // @ts-expect-error app ids are texts
  await client.proxy.create(TsProtoClient, { appId: 5 });
}
