import { protoDurationText } from '../../protocol/proto-duration.js';
import type { CallOptions } from '../call-options.js';
import {
  cacheRetention,
  textsOf,
  type ClientConversation,
  type ConversationMessage,
  type ConversationOutput,
  type ConversationRequest,
  type ConversationResponse,
  type ConversationToolCall,
  type ConversationUsage,
} from '../conversation.js';
import { jsonOf, parseAnswer } from '../json.js';
import { metadataText } from '../metadata-values.js';
import { JSON_TYPE, type HttpChannel } from './channel.js';
import { pathPart } from './path.js';

/** protobuf's JSON: what is empty is left out, and 64-bit numbers are text. */
interface WireResponse {
  readonly contextId?: string;
  readonly outputs?: readonly WireOutput[];
}

interface WireOutput {
  readonly choices?: readonly {
    readonly finishReason?: string;
    readonly index?: string;
    readonly message?: {
      readonly content?: string;
      readonly toolCalls?: readonly WireToolCall[];
    };
  }[];
  readonly model?: string;
  readonly usage?: WireTokens & {
    readonly completionTokensDetails?: WireTokens;
    readonly promptTokensDetails?: WireTokens;
  };
}

type WireTokens = Readonly<Record<string, string | object>>;

interface WireToolCall {
  readonly id?: string;
  readonly function?: { readonly name?: string; readonly arguments?: string };
}

/** Conversations over HTTP. */
export class HttpConversation implements ClientConversation {
  constructor(private readonly channel: HttpChannel) {}

  async converse(
    componentName: string,
    request: ConversationRequest,
    options?: CallOptions,
  ): Promise<ConversationResponse> {
    const operation = `conversation.converse "${componentName}"`;
    const name = pathPart(operation, 'component name', componentName);
    const { body } = await this.channel.send({
      operation,
      // A model takes its time: other calls are not to wait for it.
      lane: 'reentrant',
      method: 'POST',
      path: `/v1.0-alpha2/conversation/${name}/converse`,
      body: jsonOf(operation, wireRequest(operation, request)),
      contentType: JSON_TYPE,
      options,
    });
    const wire = parseAnswer(operation, body) as WireResponse;
    return {
      ...(wire.contextId !== undefined && { contextId: wire.contextId }),
      outputs: (wire.outputs ?? []).map(outputOf),
    };
  }
}

function wireRequest(operation: string, request: ConversationRequest): object {
  const { inputs, tools, ...rest } = request;
  const retention = cacheRetention(operation, request);
  return {
    ...rest,
    inputs: inputs.map(({ messages, ...input }) => ({
      ...input,
      messages: messages.map(wireMessage),
    })),
    tools: tools?.map((tool) => ({ function: tool })),
    metadata: metadataText(operation, rest.metadata),
    promptCacheRetention:
      retention === undefined ? undefined : protoDurationText(retention),
  };
}

function wireMessage(message: ConversationMessage): object {
  const { role, content, ...rest } = message;
  const body = { ...rest, content: textsOf(content) };
  if (role !== 'assistant') return { [WIRE_ROLES[role]]: body };
  const toolCalls = message.toolCalls?.map(({ id, ...call }) => ({
    id,
    function: call,
  }));
  return { ofAssistant: { ...body, toolCalls } };
}

const WIRE_ROLES = {
  developer: 'ofDeveloper',
  system: 'ofSystem',
  user: 'ofUser',
  tool: 'ofTool',
} as const;

function outputOf({ choices, model, usage }: WireOutput): ConversationOutput {
  return {
    choices: (choices ?? []).map(({ finishReason, index, message }) => ({
      finishReason: finishReason ?? '',
      index: Number(index ?? 0),
      message: {
        content: message?.content ?? '',
        toolCalls: (message?.toolCalls ?? []).map(toolCallOf),
      },
    })),
    ...(model !== undefined && { model }),
    ...(usage && { usage: usageOf(usage) }),
  };
}

function toolCallOf({
  id,
  function: call,
}: WireToolCall): ConversationToolCall {
  return {
    ...(id !== undefined && { id }),
    name: call?.name ?? '',
    arguments: call?.arguments ?? '',
  };
}

function usageOf(wire: NonNullable<WireOutput['usage']>): ConversationUsage {
  const { completionTokensDetails: completion, promptTokensDetails: prompt } =
    wire;
  const of = (tokens: WireTokens, name: string): number =>
    Number(tokens[name] ?? 0);
  return {
    completionTokens: of(wire, 'completionTokens'),
    promptTokens: of(wire, 'promptTokens'),
    totalTokens: of(wire, 'totalTokens'),
    ...(completion && {
      completionTokensDetails: {
        acceptedPredictionTokens: of(completion, 'acceptedPredictionTokens'),
        audioTokens: of(completion, 'audioTokens'),
        reasoningTokens: of(completion, 'reasoningTokens'),
        rejectedPredictionTokens: of(completion, 'rejectedPredictionTokens'),
      },
    }),
    ...(prompt && {
      promptTokensDetails: {
        audioTokens: of(prompt, 'audioTokens'),
        cachedTokens: of(prompt, 'cachedTokens'),
      },
    }),
  };
}
