import { GrpcCode } from '../../protocol/grpc-code.js';
import type {
  ConversationMessage,
  ConversationRequest,
  ConversationRequestAlpha2,
  ConversationResponse,
  ConversationResponseAlpha2,
  ConversationToolCalls,
  ConversationToolsFunction,
} from '../../protocol/proto/generated/conversation.js';
import { InjectedFault, type Faults } from '../faults.js';
import { Refusal } from '../refusal.js';
import type { Resources } from '../resources.js';

export interface ConversationsDependencies {
  readonly resources: Resources;
  readonly faults: Faults;
}

/** Conversations with `conversation.echo`, which says what it is told (components-contrib, conversation/echo). */
export class Conversations {
  constructor(private readonly deps: ConversationsDependencies) {}

  /** The older form. @throws Refusal */
  converseAlpha1(
    appId: string,
    request: ConversationRequest,
  ): ConversationResponse {
    const { name, contextID, inputs, parameters } = request;
    this.require(appId, name, inputs);
    const result = inputs.map(({ content }) => content).join('\n');
    return {
      ...(contextID && { contextID }),
      outputs: [{ result, parameters }],
    };
  }

  /** @throws Refusal */
  converse(
    appId: string,
    request: ConversationRequestAlpha2,
  ): ConversationResponseAlpha2 {
    const { name, contextId, inputs, tools } = request;
    this.require(appId, name, inputs);
    const messages = inputs.flatMap((input) => input.messages);
    const said = messages.map((message) => readMessage(name, message));
    checkToolChoice(request);
    const toolCalls = [
      ...tools
        .flatMap(({ toolTypes }) => toolTypes?.value ?? [])
        .map((tool, id) => callOf(name, tool, String(id))),
      ...said.flatMap((each) => each.toolCalls),
    ];
    const content = said.flatMap((each) => each.texts).join('\n');
    const tokens = content.split(/\s+/).filter((word) => word !== '').length;
    return {
      ...(contextId && { contextId }),
      outputs: [
        {
          choices: [
            {
              finishReason: toolCalls.length > 0 ? 'tool_calls' : 'stop',
              index: 0,
              message: { content, toolCalls },
            },
          ],
          usage: {
            completionTokens: tokens,
            promptTokens: tokens,
            totalTokens: tokens * 2,
          },
        },
      ],
    };
  }

  private require(
    appId: string,
    name: string,
    inputs: readonly unknown[],
  ): void {
    const component = this.deps.resources.componentOf(appId, name);
    if (!component?.type.startsWith('conversation.'))
      throw new Refusal(
        'ERR_CONVERSATION_NOT_FOUND',
        `failed finding conversation component ${name}`,
        400,
        GrpcCode.invalidArgument,
      );
    if (inputs.length === 0)
      throw new Refusal(
        'ERR_CONVERSATION_MISSING_INPUTS',
        `failed conversing with component ${name}: missing inputs in request`,
        400,
        GrpcCode.invalidArgument,
      );
    try {
      this.deps.faults.check('conversation');
    } catch (error) {
      if (!(error instanceof InjectedFault)) throw error;
      throw failed(name, error.message);
    }
  }
}

interface Said {
  readonly texts: readonly string[];
  readonly toolCalls: readonly ConversationToolCalls[];
}

function readMessage(
  name: string,
  { messageTypes }: ConversationMessage,
): Said {
  if (!messageTypes)
    throw invalid(name, '*errors.errorString=message type cannot be nil');
  const { $case: kind, value } = messageTypes;
  const texts = value.content.map(({ text }) => text);
  if (kind === 'ofTool') {
    const { toolId = '', name: tool } = value;
    return {
      texts: texts.map(
        (text) =>
          `Tool Response for tool ID '${toolId}' with name '${tool}': ${text}`,
      ),
      toolCalls: [],
    };
  }
  const toolCalls = kind === 'ofAssistant' ? value.toolCalls : [];
  if (toolCalls.some(({ toolTypes }) => !toolTypes))
    throw invalid(name, '*errors.errorString=tool types cannot be nil');
  return { texts, toolCalls };
}

function checkToolChoice({
  name,
  tools,
  toolChoice = '',
}: ConversationRequestAlpha2): void {
  if (['', 'auto', 'none'].includes(toolChoice)) return;
  if (toolChoice === 'required') {
    if (tools.length > 0) return;
    throw invalid(name, `string=tool choice must be ${CHOICES}`);
  }
  if (
    tools.length > 0 &&
    !tools.some(({ toolTypes }) => toolTypes?.value.name === toolChoice)
  )
    throw invalid(
      name,
      `string=tool choice selected was not found. Must be ${CHOICES}`,
    );
}

const CHOICES =
  "'auto', 'none', 'required', or a specific tool name matching the tools available to be used";

/** A call of the tool, with the names of its parameters for arguments. */
function callOf(
  name: string,
  { name: tool, parameters }: ConversationToolsFunction,
  id: string,
): ConversationToolCalls {
  const properties: unknown = parameters?.['properties'];
  const isMissing = !parameters || !('properties' in parameters);
  if (!isMissing && !isMap(properties))
    throw failed(
      name,
      `tool function properties must be a map[string]any, got ${goType(properties)}`,
    );
  const names = isMap(properties) ? Object.keys(properties).sort() : [];
  const value = { name: tool, arguments: names.join(',') };
  return { id, toolTypes: { $case: 'function', value } };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function goType(value: unknown): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  return (
    { number: 'float64', boolean: 'bool' }[typeof value as string] ?? 'string'
  );
}

/** With Go's own note on a message that has no place for its reason. */
function invalid(name: string, reason: string): Refusal {
  return new Refusal(
    'ERR_CONVERSATION_INVALID_PARMS',
    `failed conversing with component ${name}: invalid params%!(EXTRA ${reason})`,
    400,
    GrpcCode.invalidArgument,
  );
}

function failed(name: string, reason: string): Refusal {
  return new Refusal(
    'ERR_CONVERSATION_INVOKE',
    `failed conversing with component ${name}: ${reason}`,
    500,
    GrpcCode.internal,
  );
}
