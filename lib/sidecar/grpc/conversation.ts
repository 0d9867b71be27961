import type { Conversations } from '../blocks/conversation.js';
import type { GrpcMethods } from './api.js';
import { orRefused } from './refused.js';

/** @see https://docs.dapr.io/reference/api/conversation_api/ */
export function conversationMethods(conversations: Conversations): GrpcMethods {
  return {
    converseAlpha1: (request, { appId }) =>
      orRefused(() => conversations.converseAlpha1(appId, request)),
    converseAlpha2: (request, { appId }) =>
      orRefused(() => conversations.converse(appId, request)),
  };
}
