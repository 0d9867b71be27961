import type {
  ConversationMessage,
  ConversationRequest,
  ConversationRequestAlpha2,
  ConversationToolCalls,
} from '../../protocol/proto/generated/conversation.js';
import { readProtoBody } from './proto-body.js';
import type { ProtoValues } from './proto-json.js';

const ALPHA1 = {
  contextID: 'string?',
  inputs: {
    list: {
      message: { content: 'string', role: 'string?', scrubPII: 'bool?' },
    },
  },
  parameters: { map: 'struct?' },
  metadata: { map: 'string' },
  scrubPII: 'bool?',
  temperature: 'double?',
} as const;

/** The body of the older form; its parameters as they came. */
export function readConverseAlpha1(
  name: string,
  body: Buffer,
): { request: ConversationRequest; parameters: object } {
  const { inputs, parameters, ...rest } = readProtoBody(body, ALPHA1);
  return {
    request: { ...rest, name, inputs: [...inputs], parameters: {} },
    parameters,
  };
}

const CONTENT = { list: { message: { text: 'string' } } } as const;
const SPEECH = { message: { name: 'string?', content: CONTENT } } as const;
const TOOL_CALL = {
  id: 'string?',
  function: { message: { name: 'string', arguments: 'string' } },
} as const;

const MESSAGE = {
  ofDeveloper: SPEECH,
  ofSystem: SPEECH,
  ofUser: SPEECH,
  ofAssistant: {
    message: {
      name: 'string?',
      content: CONTENT,
      toolCalls: { list: { message: TOOL_CALL } },
    },
  },
  ofTool: {
    message: { toolId: 'string?', name: 'string', content: CONTENT },
  },
} as const;

const ALPHA2 = {
  contextId: 'string?',
  inputs: {
    list: {
      message: {
        messages: {
          list: {
            message: MESSAGE,
            oneof: 'dapr.proto.runtime.v1.ConversationMessage.message_types',
          },
        },
        scrubPii: 'bool?',
      },
    },
  },
  parameters: { map: 'struct?' },
  metadata: { map: 'string' },
  scrubPii: 'bool?',
  temperature: 'double?',
  tools: {
    list: {
      message: {
        function: {
          message: {
            name: 'string',
            description: 'string?',
            parameters: 'struct?',
          },
        },
      },
    },
  },
  toolChoice: 'string?',
  responseFormat: 'struct?',
  promptCacheRetention: 'duration?',
} as const;

/** The body, as far as `conversation.echo` reads it. */
export function readConverse(
  name: string,
  body: Buffer,
): ConversationRequestAlpha2 {
  const { contextId, inputs, tools, toolChoice } = readProtoBody(body, ALPHA2);
  return {
    name,
    contextId,
    inputs: inputs.map(({ messages }) => ({
      messages: messages.map(messageOf),
    })),
    parameters: {},
    metadata: {},
    tools: tools.map(({ function: tool }) => ({
      toolTypes: tool && { $case: 'function', value: tool },
    })),
    toolChoice,
  };
}

function messageOf(message: ProtoValues<typeof MESSAGE>): ConversationMessage {
  const { ofDeveloper, ofSystem, ofUser, ofAssistant, ofTool } = message;
  const speech = ofDeveloper ?? ofSystem ?? ofUser;
  if (speech)
    return {
      messageTypes: {
        $case: 'ofUser',
        value: { ...speech, content: [...speech.content] },
      },
    };
  if (ofAssistant)
    return {
      messageTypes: {
        $case: 'ofAssistant',
        value: {
          ...ofAssistant,
          content: [...ofAssistant.content],
          toolCalls: ofAssistant.toolCalls.map(toolCallOf),
        },
      },
    };
  if (ofTool)
    return {
      messageTypes: {
        $case: 'ofTool',
        value: { ...ofTool, content: [...ofTool.content] },
      },
    };
  return {};
}

function toolCallOf({
  id,
  function: call,
}: ProtoValues<typeof TOOL_CALL>): ConversationToolCalls {
  return { id, toolTypes: call && { $case: 'function', value: call } };
}
