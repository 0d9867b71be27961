import type {
  ConversationResponseAlpha2,
  ConversationToolCalls,
} from '../../protocol/proto/generated/conversation.js';
import type { Conversations } from '../blocks/conversation.js';
import { json, type ApiRoute } from './api.js';
import { readConverse, readConverseAlpha1 } from './conversation-requests.js';
import { orRefused } from './refused.js';

/** @see https://docs.dapr.io/reference/api/conversation_api/ */
export function conversationRoutes(
  conversations: Conversations,
): readonly ApiRoute[] {
  return [
    {
      verbs: ['POST'],
      path: '/v1.0-alpha1/conversation/:name/converse',
      handle({ appId, params: { name = '' }, body }) {
        const { request, parameters } = readConverseAlpha1(name, body);
        const { contextID, outputs } = orRefused(() =>
          conversations.converseAlpha1(appId, request),
        );
        const shown = filled({ parameters });
        return json(200, {
          contextID,
          outputs: outputs.map(({ result }) => ({
            ...filled({ result }),
            ...shown,
          })),
        });
      },
    },
    {
      verbs: ['POST'],
      path: '/v1.0-alpha2/conversation/:name/converse',
      handle({ appId, params: { name = '' }, body }) {
        const request = readConverse(name, body);
        const response = orRefused(() =>
          conversations.converse(appId, request),
        );
        return json(200, answerOf(response));
      },
    },
  ];
}

function answerOf({ contextId, outputs }: ConversationResponseAlpha2): object {
  return {
    contextId,
    outputs: outputs.map(({ choices, usage }) => ({
      choices: choices.map(({ finishReason, message }) => ({
        finishReason,
        message: filled({
          content: message?.content,
          toolCalls: message?.toolCalls.map(toolCallOf),
        }),
      })),
      usage: Object.fromEntries(
        Object.entries(usage ?? {})
          .filter(([, tokens]) => tokens !== 0)
          .map(([name, tokens]) => [name, String(tokens)]),
      ),
    })),
  };
}

function toolCallOf({ id, toolTypes }: ConversationToolCalls): object {
  return { id, function: filled({ ...toolTypes?.value }) };
}

/** The members that are not empty: protobuf's JSON has no others. */
function filled(
  members: Readonly<Record<string, string | object | undefined>>,
): object {
  return Object.fromEntries(
    Object.entries(members).filter(
      ([, value]) => value !== undefined && Object.keys(value).length > 0,
    ),
  );
}
