import { describe, expect, it } from '@jest/globals';
import { CommunicationProtocolEnum, DaprClient } from '../../../lib/index.js';
import { Activity } from '../../../lib/sidecar/activity.js';
import { GrpcFront } from '../../../lib/sidecar/grpc/front.js';
import { startServer } from './server.js';

/** What a model answers that counts and names more than conversation.echo. */
const ANSWER = {
  outputs: [
    {
      model: 'm-1',
      choices: [
        {
          finishReason: 'length',
          index: 1,
          message: {
            content: '',
            toolCalls: [{ name: 'f', arguments: '' }],
          },
        },
      ],
      usage: {
        completionTokens: 1,
        promptTokens: 2,
        totalTokens: 3,
        completionTokensDetails: {
          acceptedPredictionTokens: 4,
          audioTokens: 5,
          reasoningTokens: 6,
          rejectedPredictionTokens: 0,
        },
        promptTokensDetails: { audioTokens: 7, cachedTokens: 8 },
      },
    },
    { choices: [] },
  ],
};

describe('client.conversation', () => {
  it('tells over HTTP all that a model says of its answer', async () => {
    const server = await startServer((_, response) => {
      response.end(
        JSON.stringify({
          outputs: [
            {
              model: 'm-1',
              choices: [
                {
                  finishReason: 'length',
                  index: '1',
                  message: { toolCalls: [{ function: { name: 'f' } }] },
                },
              ],
              usage: {
                completionTokens: '1',
                promptTokens: '2',
                totalTokens: '3',
                completionTokensDetails: {
                  acceptedPredictionTokens: '4',
                  audioTokens: '5',
                  reasoningTokens: '6',
                },
                promptTokensDetails: { audioTokens: '7', cachedTokens: '8' },
              },
            },
            {},
          ],
        }),
      );
    });
    const client = new DaprClient({ httpEndpoint: server.url });
    const inputs = [{ messages: [] }];
    expect(await client.conversation.converse('m', { inputs })).toEqual(ANSWER);
    await client.stop();
    await server.close();
  });

  it('tells the same over gRPC', async () => {
    const front = new GrpcFront({
      appId: 'app',
      instanceId: 'app-1',
      apiToken: undefined,
      activity: new Activity(),
      warn: () => undefined,
      methods: {
        converseAlpha2: () => ({
          outputs: ANSWER.outputs.map((output) => ({
            ...output,
            choices: output.choices.map(({ message, ...choice }) => ({
              ...choice,
              message: {
                ...message,
                toolCalls: message.toolCalls.map((value) => ({
                  toolTypes: { $case: 'function', value },
                })),
              },
            })),
          })),
        }),
      },
      forward: () => Promise.reject(new Error('not asked for')),
    });
    const client = new DaprClient({
      grpcEndpoint: `127.0.0.1:${await front.listen(0)}`,
      communicationProtocol: CommunicationProtocolEnum.GRPC,
    });
    const inputs = [{ messages: [] }];
    expect(await client.conversation.converse('m', { inputs })).toEqual(ANSWER);
    await client.stop();
    await front.close();
  });
});
