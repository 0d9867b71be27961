import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { compilerOptions } from './compile.js';

/** What each entry of the package exports; a change here is a change for every user. */
const surface: Readonly<Record<string, readonly string[]>> = {
  'lib/index.ts': [
    'DaprModule',
    'type DaprModuleOptions',
    'type EmbeddedOptions',
    'type SidecarChoice',
    'type SubscriptionsOptions',
    'type DaprModuleAsyncOptions',
    'type DaprOptionsFactory',
    'ServerDapr',
    'daprMicroservice',
    'type DaprMicroserviceOptions',
    'type ServerOptions',
    'DAPR_TRANSPORT',
    'Subscribe',
    'type SubscribeOptions',
    'BulkSubscribe',
    'type BulkSubscribeOptions',
    'type BulkOptions',
    'InputBinding',
    'Invocable',
    'type InvocableOptions',
    'type InvocableVerb',
    'OnConfiguration',
    'type OnConfigurationOptions',
    'ScheduledJob',
    'type ScheduledJobOptions',
    'DropMessageException',
    'RetryMessageException',
    'DaprContext',
    'PubSubContext',
    'BulkPubSubContext',
    'BindingContext',
    'InvocationContext',
    'JobContext',
    'ConfigurationContext',
    'ActorContext',
    'CloudEvent',
    'BulkEntry',
    'TopicEventStatus',
    'ConfigurationItems',
    'type ConfigurationItem',
    'type Duration',
    'type DurationFields',
    'Actor',
    'ActorState',
    'type ActorStateSetOptions',
    'type StateAsJson',
    'actorStateKey',
    'type ActorStateOptions',
    'type ActorStateSerializer',
    'ActorType',
    'type ActorReentrancyOptions',
    'type ActorsModuleOptions',
    'type ActorsOptions',
    'type ActorTypeOptions',
    'OnReminder',
    'OnTimer',
    'type OnActivate',
    'type OnDeactivate',
    'type ActorProxy',
    'ActorProxyFactory',
    'type ActorProxyOptions',
    'type RemoteErrorClass',
    'type RemoteErrorRule',
    'type RemoteError',
    'type ActorReminders',
    'type ActorTimers',
    'type ActorReminder',
    'type ActorReminderOptions',
    'type ActorTimerOptions',
    'type NamedActorReminder',
    'Actors',
    'getActorsToken',
    'InjectActors',
    'type ActorTypeRef',
    'DaprClient',
    'type DaprClientOptions',
    'InjectDaprClient',
    'getDaprClientToken',
    'CommunicationProtocol',
    'CommunicationProtocolEnum',
    'HttpMethod',
    'type CallOptions',
    'type ConfigurationCallback',
    'type ConfigurationResponse',
    'type ConfigurationSubscribeOptions',
    'type ConfigurationSubscription',
    'type ConversationChoice',
    'type ConversationInput',
    'type ConversationMessage',
    'type ConversationOutput',
    'type ConversationRequest',
    'type ConversationResponse',
    'type ConversationTool',
    'type ConversationToolCall',
    'type ConversationUsage',
    'type Job',
    'type JobRequest',
    'type ProxyOptions',
    'type FailurePolicy',
    'type WorkflowRuntimeStatus',
    'type WorkflowState',
    'type LockResponse',
    'type UnlockResponse',
    'type WithLockOptions',
    'LockStatus',
    'type Secret',
    'type SecretMetadata',
    'type PubSubBulkPublishMessage',
    'type PubSubBulkPublishResponse',
    'type DataEncryptionCipher',
    'type DecryptRequest',
    'type EncryptRequest',
    'type KeyWrapAlgorithm',
    'type InvocationAnswer',
    'type InvokerOptions',
    'type DaprMetadata',
    'type StateEntry',
    'type StateItem',
    'type StateOperation',
    'type StateQuery',
    'type StateQueryResult',
    'StateConcurrencyEnum',
    'StateConsistencyEnum',
    'type StateOptions',
    'DaprError',
    'DaprBadRequestError',
    'DaprCancelledError',
    'DaprConfigurationError',
    'DaprNotFoundError',
    'DaprPermissionError',
    'DaprTimeoutError',
    'EtagMismatchError',
    'LockLostError',
    'LockNotAcquiredError',
    'SidecarUnavailableError',
    'ActorInvocationError',
    'DurationError',
    'PayloadError',
  ],
  'lib/testing/index.ts': [
    'EmbeddedSidecar',
    'type EmbeddedSidecarOptions',
    'type RunOptions',
    'type ConfigurationValues',
    'Faults',
    'InjectedFault',
    'type FaultPoint',
    'Transcript',
    'type TranscriptEntry',
    'type TranscriptKind',
    'VirtualClock',
  ],
  'lib/sdk/index.ts': [
    'AbstractActor',
    'ActorId',
    'ActorProxyBuilder',
    'Temporal',
    'DaprClient',
    'type DaprClientOptions',
    'CommunicationProtocolEnum',
    'HttpMethod',
    'type InvokerOptions',
    'type PubSubBulkPublishMessage',
    'type PubSubBulkPublishResponse',
    'type StateGetBulkOptions',
    'StateConcurrencyEnum',
    'StateConsistencyEnum',
    'DaprPubSubStatusEnum',
  ],
};

const program = ts.createProgram(Object.keys(surface), {
  ...compilerOptions(),
  noEmit: false,
  emitDeclarationOnly: true,
});

describe('the entries of the package', () => {
  it.each(Object.keys(surface))('export what is listed here: %s', (entry) => {
    expect(exportsOf(entry)).toEqual(surface[entry]);
  });

  it('say `any` nowhere in their declarations', () => {
    const places: string[] = [];
    program.emit(undefined, (file, text) => {
      // ts-proto writes it for JSON values of protobuf, which no entry exports.
      if (!file.includes('/proto/generated/'))
        places.push(...anyIn(file, text));
    });
    expect(places).toEqual([]);
  });
});

/** Names in the order of the file, `type` before those that are nothing at run time. */
function exportsOf(entry: string): string[] {
  const source = program.getSourceFile(entry);
  const checker = program.getTypeChecker();
  const module = source && checker.getSymbolAtLocation(source);
  const exported = module ? checker.getExportsOfModule(module) : [];
  return exported.map((symbol) =>
    isTypeOnly(symbol, checker) ? `type ${symbol.name}` : symbol.name,
  );
}

function isTypeOnly(symbol: ts.Symbol, checker: ts.TypeChecker): boolean {
  const marked = symbol.declarations?.some(
    (declaration) =>
      ts.isExportSpecifier(declaration) &&
      (declaration.isTypeOnly || declaration.parent.parent.isTypeOnly),
  );
  const meant =
    symbol.flags & ts.SymbolFlags.Alias
      ? checker.getAliasedSymbol(symbol)
      : symbol;
  return marked === true || !(meant.flags & ts.SymbolFlags.Value);
}

/** Comments may say `any`; types may not. */
function anyIn(file: string, text: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  const places: string[] = [];
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) {
      const { line } = source.getLineAndCharacterOfPosition(node.pos);
      places.push(`${file}: ${text.split('\n')[line]?.trim()}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return places;
}
