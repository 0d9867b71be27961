import { expect, it } from '@jest/globals';
import {
  DaprBadRequestError,
  DaprError,
  DaprNotFoundError,
  type ConversationMessage,
} from '../../lib/index.js';
import { component } from '../conformance/components.js';
import { describeParity } from './parity.js';

const WEATHER = {
  name: 'get_weather',
  description: 'Weather of a city',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' }, at: { type: 'string' } },
  },
};

describeParity(
  'a conversation',
  { resources: () => component('conversation.echo', 'echo') },
  (run) => {
    it('has an answer and its cost', async () => {
      const response = await run.client.conversation.converse('echo', {
        inputs: [
          { messages: [{ role: 'system', content: 'Be brief.' }] },
          {
            messages: [
              { role: 'developer', content: 'really', name: 'dev' },
              { role: 'user', content: ['hello', 'world'] },
            ],
          },
        ],
        temperature: 0,
        contextId: 'c-1',
        metadata: { a: 'b' },
        responseFormat: { type: 'object' },
        promptCacheRetention: '90m',
      });
      expect(response).toEqual({
        contextId: 'c-1',
        outputs: [
          {
            choices: [
              {
                finishReason: 'stop',
                index: 0,
                message: {
                  content: 'Be brief.\nreally\nhello\nworld',
                  toolCalls: [],
                },
              },
            ],
            usage: { completionTokens: 5, promptTokens: 5, totalTokens: 10 },
          },
        ],
      });
    });

    it('calls tools, and hears what they gave', async () => {
      const question: ConversationMessage = { role: 'user', content: 'rain?' };
      const { conversation } = run.client;
      const first = await conversation.converse('echo', {
        inputs: [{ messages: [question] }],
        tools: [WEATHER],
        toolChoice: 'auto',
      });
      const [choice] = first.outputs[0]?.choices ?? [];
      expect(choice).toEqual({
        finishReason: 'tool_calls',
        index: 0,
        message: {
          content: 'rain?',
          toolCalls: [{ id: '0', name: 'get_weather', arguments: 'at,city' }],
        },
      });
      const [toolCall] = choice?.message.toolCalls ?? [];
      const second = await conversation.converse('echo', {
        inputs: [
          {
            messages: [
              question,
              { role: 'assistant', ...choice!.message },
              {
                role: 'tool',
                toolId: toolCall!.id!,
                name: toolCall!.name,
                content: 'sunny',
              },
            ],
          },
        ],
      });
      const message = second.outputs[0]?.choices[0]?.message;
      expect(message?.content).toBe(
        "rain?\nrain?\nTool Response for tool ID '0' with name 'get_weather': sunny",
      );
      expect(message?.toolCalls).toEqual(choice?.message.toolCalls);
    });

    it('about nothing has an answer with nothing in it', async () => {
      const messages = [{ role: 'user', content: '' }] as const;
      const response = await run.client.conversation.converse('echo', {
        inputs: [{ messages }],
      });
      expect(response).toEqual({
        outputs: [
          {
            choices: [
              {
                finishReason: 'stop',
                index: 0,
                message: { content: '', toolCalls: [] },
              },
            ],
            usage: { completionTokens: 0, promptTokens: 0, totalTokens: 0 },
          },
        ],
      });
    });

    const inputs = [{ messages: [{ role: 'user', content: 'x' }] }] as const;

    it('with nobody names the component and what to check [C3]', async () => {
      const failed = run.client.conversation.converse('nope', { inputs });
      await expect(failed).rejects.toThrow(DaprNotFoundError);
      await expect(failed).rejects.toMatchObject({
        errorCode: 'ERR_CONVERSATION_NOT_FOUND',
        status: 400,
      });
      await expect(failed).rejects.toThrow(/converse "nope".*resources/);
    });

    it.each<[string, object, string]>([
      ['nothing said', { inputs: [] }, 'ERR_CONVERSATION_MISSING_INPUTS'],
      [
        'a tool that is not there',
        { inputs, tools: [WEATHER], toolChoice: 'other' },
        'ERR_CONVERSATION_INVALID_PARMS',
      ],
    ])('with %s is refused [C3]', async (_what, request, errorCode) => {
      const failed = run.client.conversation.converse('echo', {
        inputs,
        ...request,
      });
      await expect(failed).rejects.toThrow(DaprBadRequestError);
      await expect(failed).rejects.toMatchObject({ errorCode, status: 400 });
    });

    it('that the component can’t have fails [C3]', async () => {
      const failed = run.client.conversation.converse('echo', {
        inputs,
        tools: [{ name: 'bad', parameters: { properties: 5 } }],
      });
      await expect(failed).rejects.toThrow(DaprError);
      await expect(failed).rejects.toMatchObject({
        errorCode: 'ERR_CONVERSATION_INVOKE',
        status: 500,
      });
    });

    it('can’t be had about what is no duration, or no JSON [C16]', async () => {
      const { conversation } = run.client;
      for (const request of [
        { inputs, promptCacheRetention: 'long' },
        { inputs, responseFormat: { a: 1n } },
        { inputs, tools: [{ name: 'a', parameters: { a: NaN } }] },
      ])
        await expect(conversation.converse('echo', request)).rejects.toThrow(
          DaprBadRequestError,
        );
      await expect(conversation.converse('', { inputs })).rejects.toThrow(
        DaprBadRequestError,
      );
    });
  },
);
