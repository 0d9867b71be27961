import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GrpcCode } from '../../lib/protocol/grpc-code.js';
import type { RequestOf } from '../../lib/protocol/proto/methods.js';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { component } from './components.js';
import { grpcCall } from './grpc-wire.js';
import { call, errorOf, messageOf, type WireAnswer } from './wire.js';

const said = (...texts: string[]): object => ({
  messages: texts.map((text) => ({ ofUser: { content: [{ text }] } })),
});
const tool = (name: string, parameters?: object): object => ({
  function: { name, parameters },
});
const usage = (tokens: number): object =>
  tokens === 0
    ? {}
    : {
        completionTokens: String(tokens),
        promptTokens: String(tokens),
        totalTokens: String(tokens * 2),
      };
const output = (
  message: object,
  tokens: number,
  finishReason = 'stop',
): object => ({ choices: [{ finishReason, message }], usage: usage(tokens) });

const CHOICES =
  "'auto', 'none', 'required', or a specific tool name matching the tools available to be used";

describe('conversation.echo', () => {
  let sidecar: Sidecar;

  beforeAll(async () => {
    sidecar = await startSidecar({
      appId: 'talker',
      resources: component('conversation.echo', 'echo'),
    });
  });
  afterAll(() => sidecar?.stop());

  const converse = (
    body: unknown,
    name = 'echo',
    version = 'v1.0-alpha2',
  ): Promise<WireAnswer> =>
    call(sidecar, 'POST', `/${version}/conversation/${name}/converse`, body);

  it.each<[string, object, object]>([
    [
      'messages',
      { inputs: [said('a', 'b'), said('c d')] },
      output({ content: 'a\nb\nc d' }, 4),
    ],
    ['no message', { inputs: [{}] }, output({}, 0)],
    ['nothing', { inputs: [said('')] }, output({}, 0)],
    [
      'every role, and calls of tools',
      {
        inputs: [
          {
            messages: [
              { ofSystem: { content: [{ text: 'sys' }], name: 'n' } },
              { ofDeveloper: { content: [{ text: 'a' }, { text: 'b' }] } },
              {
                ofAssistant: {
                  content: [{ text: 'as' }],
                  toolCalls: [
                    { id: 'x', function: { name: 'f', arguments: '{}' } },
                  ],
                },
              },
              {
                ofTool: {
                  toolId: 'x',
                  name: 'f',
                  content: [{ text: 'r1' }, { text: 'r2' }],
                },
              },
            ],
          },
        ],
      },
      output(
        {
          content:
            "sys\na\nb\nas\nTool Response for tool ID 'x' with name 'f': r1\nTool Response for tool ID 'x' with name 'f': r2",
          toolCalls: [{ id: 'x', function: { name: 'f', arguments: '{}' } }],
        },
        24,
        'tool_calls',
      ),
    ],
    [
      'tools',
      {
        inputs: [said('x')],
        tools: [
          tool('b', { type: 'object', properties: { z: {}, a: {} } }),
          {},
          tool('c', { properties: {} }),
          tool('d'),
        ],
        toolChoice: 'b',
      },
      output(
        {
          content: 'x',
          toolCalls: [
            { id: '0', function: { name: 'b', arguments: 'a,z' } },
            { id: '1', function: { name: 'c' } },
            { id: '2', function: { name: 'd' } },
          ],
        },
        1,
        'tool_calls',
      ),
    ],
    [
      'a choice without tools, and members that it does not look at',
      {
        inputs: [said('x')],
        toolChoice: 'whatever',
        parameters: {
          p: {
            '@type': 'type.googleapis.com/google.protobuf.StringValue',
            value: 'v',
          },
        },
        metadata: { m: 'v' },
        temperature: 0.5,
        response_format: { type: 'object' },
        promptCacheRetention: '60s',
        unknown: [1],
      },
      output({ content: 'x' }, 1),
    ],
  ])('says of %s what it is told', async (_what, request, shown) => {
    const answer = await converse(request);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.json).toEqual({ outputs: [shown] });
  });

  it('hands the context back', async () => {
    const answer = await converse({ inputs: [said('x')], context_id: 'c' });
    expect(answer.json).toMatchObject({ contextId: 'c' });
  });

  it.each<[string, object, string, string]>([
    [
      'no inputs',
      { inputs: [] },
      'ERR_CONVERSATION_MISSING_INPUTS',
      'failed conversing with component echo: missing inputs in request',
    ],
    [
      'a message of nobody',
      { inputs: [{ messages: [{}] }] },
      'ERR_CONVERSATION_INVALID_PARMS',
      'failed conversing with component echo: invalid params%!(EXTRA *errors.errorString=message type cannot be nil)',
    ],
    [
      'a call of no tool',
      { inputs: [{ messages: [{ ofAssistant: { toolCalls: [{}] } }] }] },
      'ERR_CONVERSATION_INVALID_PARMS',
      'failed conversing with component echo: invalid params%!(EXTRA *errors.errorString=tool types cannot be nil)',
    ],
    [
      'the choice of another tool',
      { inputs: [said('x')], tools: [tool('a')], toolChoice: 'b' },
      'ERR_CONVERSATION_INVALID_PARMS',
      `failed conversing with component echo: invalid params%!(EXTRA string=tool choice selected was not found. Must be ${CHOICES})`,
    ],
    [
      'a tool required of none',
      { inputs: [said('x')], toolChoice: 'required' },
      'ERR_CONVERSATION_INVALID_PARMS',
      `failed conversing with component echo: invalid params%!(EXTRA string=tool choice must be ${CHOICES})`,
    ],
  ])('is answered 400 for %s', async (_what, request, errorCode, message) => {
    const answer = await converse(request);
    expect(errorOf(answer)).toEqual({ status: 400, errorCode });
    expect(messageOf(answer)).toBe(message);
  });

  it.each<[unknown, string]>([
    [5, 'float64'],
    [null, '<nil>'],
    ['x', 'string'],
    [[], '[]interface {}'],
    [true, 'bool'],
  ])('fails on a tool whose properties are %j', async (properties, type) => {
    const answer = await converse({
      inputs: [said('x')],
      tools: [tool('a', { properties })],
    });
    expect(errorOf(answer)).toEqual({
      status: 500,
      errorCode: 'ERR_CONVERSATION_INVOKE',
    });
    expect(messageOf(answer)).toBe(
      `failed conversing with component echo: tool function properties must be a map[string]any, got ${type}`,
    );
  });

  it.each<[string, string]>([
    ['[]', 'syntax error (line 1:1): unexpected token ['],
    ['{"inputs":5}', 'syntax error (line 1:11): unexpected token 5'],
    [
      '{"inputs":[{"messages":[{"ofUser":{"content":[]},"ofSystem":{}}]}]}',
      '(line 1:50): error parsing "ofSystem", oneof dapr.proto.runtime.v1.ConversationMessage.message_types is already set',
    ],
    [
      '{"metadata":{"a":5}}',
      '(line 1:18): invalid value for string field value: 5',
    ],
    [
      '{"promptCacheRetention":"1h"}',
      '(line 1:25): invalid google.protobuf.Duration value "1h"',
    ],
  ])('does not take the body %s', async (body, problem) => {
    const answer = await converse(body);
    expect(errorOf(answer)).toEqual({
      status: 400,
      errorCode: 'ERR_MALFORMED_REQUEST',
    });
    expect(messageOf(answer)).toBe(
      `failed deserializing HTTP body: proto: ${problem}`,
    );
  });

  it('is the only one there', async () => {
    const answer = await converse({ inputs: [said('x')] }, 'nope');
    expect(errorOf(answer)).toEqual({
      status: 400,
      errorCode: 'ERR_CONVERSATION_NOT_FOUND',
    });
    expect(messageOf(answer)).toBe(
      'failed finding conversation component nope',
    );
  });

  it('has an older form', async () => {
    const parameters = {
      p: {
        '@type': 'type.googleapis.com/google.protobuf.StringValue',
        value: 'v',
      },
    };
    const converseOf = (body: unknown): Promise<WireAnswer> =>
      converse(body, 'echo', 'v1.0-alpha1');
    const answer = await converseOf({
      inputs: [{ content: 'hello', role: 'user' }, { content: 'world' }],
      contextID: 'c',
      parameters,
    });
    expect(answer.json).toEqual({
      contextID: 'c',
      outputs: [{ result: 'hello\nworld', parameters }],
    });
    expect((await converseOf({ inputs: [{}] })).json).toEqual({
      outputs: [{}],
    });
    expect(errorOf(await converseOf({}))).toEqual({
      status: 400,
      errorCode: 'ERR_CONVERSATION_MISSING_INPUTS',
    });
  });

  it('answers gRPC the same', async () => {
    const request: RequestOf<'converseAlpha2'> = {
      name: 'echo',
      inputs: [
        {
          messages: [
            {
              messageTypes: {
                $case: 'ofUser',
                value: { content: [{ text: 'hello there' }] },
              },
            },
          ],
        },
      ],
      parameters: {},
      metadata: {},
      tools: [
        {
          toolTypes: {
            $case: 'function',
            value: { name: 'f', parameters: { properties: { b: 1, a: {} } } },
          },
        },
      ],
    };
    const { response } = await grpcCall(sidecar, 'converseAlpha2', request);
    expect(response?.outputs).toMatchObject([
      {
        choices: [
          {
            finishReason: 'tool_calls',
            index: 0,
            message: {
              content: 'hello there',
              toolCalls: [
                {
                  id: '0',
                  toolTypes: { value: { name: 'f', arguments: 'a,b' } },
                },
              ],
            },
          },
        ],
        usage: { completionTokens: 2, promptTokens: 2, totalTokens: 4 },
      },
    ]);
    const name = 'nope';
    expect(
      await grpcCall(sidecar, 'converseAlpha2', { ...request, name }),
    ).toMatchObject({
      code: GrpcCode.invalidArgument,
      message: 'failed finding conversation component nope',
      details: [],
    });
    const older = await grpcCall(sidecar, 'converseAlpha1', {
      name: 'echo',
      inputs: [{ content: 'a' }, { content: 'b' }],
      parameters: {},
      metadata: {},
    });
    expect(older.response?.outputs).toEqual([
      { result: 'a\nb', parameters: {} },
    ]);
  });
});
