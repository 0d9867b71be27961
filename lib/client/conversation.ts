import { toMilliseconds, type Duration } from '../protocol/duration.js';
import type { CallOptions } from './call-options.js';
import { encoding } from './json.js';
import type { MetadataValues } from './metadata-values.js';

/** A call of a tool that the model asks for, or has asked for earlier. */
export interface ConversationToolCall {
  readonly id?: string;
  /** Of the tool. */
  readonly name: string;
  /** As the model wrote them: JSON, most of the time. */
  readonly arguments: string;
}

/** Text, or several. */
export type ConversationContent = string | readonly string[];

/** One message to a model. */
export type ConversationMessage =
  | {
      readonly role: 'developer' | 'system' | 'user';
      readonly content: ConversationContent;
      /** Who of that role speaks. */
      readonly name?: string | undefined;
    }
  | {
      /** What the model said before. */
      readonly role: 'assistant';
      readonly content?: ConversationContent | undefined;
      readonly name?: string | undefined;
      readonly toolCalls?: readonly ConversationToolCall[] | undefined;
    }
  | {
      /** What a tool gave. */
      readonly role: 'tool';
      readonly content: ConversationContent;
      /** The id of the call that this answers. */
      readonly toolId?: string | undefined;
      /** Of the tool. */
      readonly name: string;
    };

export interface ConversationInput {
  readonly messages: readonly ConversationMessage[];
  /** Take personal data, such as email addresses, out of these messages before the model sees them. */
  readonly scrubPii?: boolean | undefined;
}

/** Something that the model may ask to be called. */
export interface ConversationTool {
  readonly name: string;
  readonly description?: string | undefined;
  /** JSON schema of the arguments. */
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
}

export interface ConversationRequest {
  readonly inputs: readonly ConversationInput[];
  /** Of an earlier conversation that this one goes on with. */
  readonly contextId?: string | undefined;
  readonly tools?: readonly ConversationTool[] | undefined;
  /** Default `auto` where there are tools. A name: that tool. */
  readonly toolChoice?:
    'auto' | 'none' | 'required' | (string & {}) | undefined;
  /** How free the model is, from 0 on. */
  readonly temperature?: number | undefined;
  /** JSON schema of the answer. */
  readonly responseFormat?: Readonly<Record<string, unknown>> | undefined;
  /** Take personal data out of the answer. */
  readonly scrubPii?: boolean | undefined;
  /** How long the provider keeps what it has read. */
  readonly promptCacheRetention?: Duration | undefined;
  /** As the component takes it. */
  readonly metadata?: MetadataValues | undefined;
}

export interface ConversationChoice {
  /** `stop`, `length`, `tool_calls`, `content_filter` and the like. */
  readonly finishReason: string;
  readonly index: number;
  readonly message: {
    readonly content: string;
    readonly toolCalls: readonly ConversationToolCall[];
  };
}

/** Tokens. */
export interface ConversationUsage {
  readonly completionTokens: number;
  readonly promptTokens: number;
  readonly totalTokens: number;
  readonly completionTokensDetails?: {
    readonly acceptedPredictionTokens: number;
    readonly audioTokens: number;
    readonly reasoningTokens: number;
    readonly rejectedPredictionTokens: number;
  };
  readonly promptTokensDetails?: {
    readonly audioTokens: number;
    readonly cachedTokens: number;
  };
}

export interface ConversationOutput {
  readonly choices: readonly ConversationChoice[];
  readonly model?: string;
  readonly usage?: ConversationUsage;
}

export interface ConversationResponse {
  readonly contextId?: string;
  readonly outputs: readonly ConversationOutput[];
}

/**
 * Large language models.
 * @see https://docs.dapr.io/reference/api/conversation_api/
 */
export interface ClientConversation {
  /**
   * Asks a model. Its answer's message can be given back with `role: 'assistant'`, followed by what the tools gave.
   * @throws DaprNotFoundError for an unknown component
   */
  converse(
    componentName: string,
    request: ConversationRequest,
    options?: CallOptions,
  ): Promise<ConversationResponse>;
}

/** @throws DaprBadRequestError for what is no duration */
export function cacheRetention(
  operation: string,
  { promptCacheRetention: duration }: ConversationRequest,
): number | undefined {
  return duration === undefined
    ? undefined
    : encoding(operation, () => toMilliseconds(duration));
}

/** The texts of a message's content. */
export function textsOf(
  content: ConversationContent = [],
): readonly { text: string }[] {
  const texts = typeof content === 'string' ? [content] : content;
  return texts.map((text) => ({ text }));
}
