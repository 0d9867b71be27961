import type {
  ConversationMessage as WireMessage,
  ConversationResultAlpha2,
  ConversationToolCalls,
} from '../../protocol/proto/generated/conversation.js';
import { toProtoDuration } from '../../protocol/proto-duration.js';
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
import { jsonOf } from '../json.js';
import { metadataText } from '../metadata-values.js';
import { requireName } from '../name.js';
import type { GrpcChannel } from './channel.js';

/** Conversations over gRPC. */
export class GrpcConversation implements ClientConversation {
  constructor(private readonly channel: GrpcChannel) {}

  async converse(
    componentName: string,
    request: ConversationRequest,
    options?: CallOptions,
  ): Promise<ConversationResponse> {
    const operation = `conversation.converse "${componentName}"`;
    requireName(operation, 'component name', componentName);
    const { contextId, scrubPii, temperature, toolChoice } = request;
    const { inputs, tools = [], responseFormat, metadata } = request;
    const retention = cacheRetention(operation, request);
    const schema = (json: object | undefined) =>
      json && (JSON.parse(jsonOf(operation, json)) as Record<string, unknown>);
    const response = await this.channel.unary(
      'converseAlpha2',
      {
        name: componentName,
        contextId,
        inputs: inputs.map((input) => ({
          messages: input.messages.map(wireMessage),
          scrubPii: input.scrubPii,
        })),
        parameters: {},
        metadata: metadataText(operation, metadata) ?? {},
        scrubPii,
        temperature,
        tools: tools.map(({ name, description, parameters }) => ({
          toolTypes: {
            $case: 'function',
            value: { name, description, parameters: schema(parameters) },
          },
        })),
        toolChoice,
        responseFormat: schema(responseFormat),
        promptCacheRetention:
          retention === undefined ? undefined : toProtoDuration(retention),
      },
      { operation, errorCode: 'ERR_CONVERSATION_INVOKE', options },
    );
    return {
      ...(response.contextId !== undefined && {
        contextId: response.contextId,
      }),
      outputs: response.outputs.map(outputOf),
    };
  }
}

function wireMessage(message: ConversationMessage): WireMessage {
  const content = [...textsOf(message.content)];
  const { name } = message;
  switch (message.role) {
    case 'developer':
      return {
        messageTypes: { $case: 'ofDeveloper', value: { name, content } },
      };
    case 'system':
      return { messageTypes: { $case: 'ofSystem', value: { name, content } } };
    case 'user':
      return { messageTypes: { $case: 'ofUser', value: { name, content } } };
    case 'assistant': {
      const toolCalls = (message.toolCalls ?? []).map(wireToolCall);
      return {
        messageTypes: {
          $case: 'ofAssistant',
          value: { name, content, toolCalls },
        },
      };
    }
    case 'tool': {
      const { toolId } = message;
      return {
        messageTypes: {
          $case: 'ofTool',
          value: { toolId, name: message.name, content },
        },
      };
    }
  }
}

function wireToolCall({
  id,
  ...call
}: ConversationToolCall): ConversationToolCalls {
  return { id, toolTypes: { $case: 'function', value: call } };
}

function outputOf({
  choices,
  model,
  usage,
}: ConversationResultAlpha2): ConversationOutput {
  return {
    choices: choices.map(({ finishReason, index, message }) => ({
      finishReason,
      index,
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
  toolTypes,
}: ConversationToolCalls): ConversationToolCall {
  return {
    ...(id !== undefined && { id }),
    name: toolTypes?.value.name ?? '',
    arguments: toolTypes?.value.arguments ?? '',
  };
}

function usageOf({
  completionTokensDetails,
  promptTokensDetails,
  ...usage
}: NonNullable<ConversationResultAlpha2['usage']>): ConversationUsage {
  return {
    ...usage,
    ...(completionTokensDetails && { completionTokensDetails }),
    ...(promptTokensDetails && { promptTokensDetails }),
  };
}
