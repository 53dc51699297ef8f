import { isObject, type JsonObject } from '../protocol/shape.ts'
import { type ChatMessage, messagesRefusal, wordsOf } from './chat-messages.ts'
import { type ChatTraits, chatModel } from './chat-models.ts'
import { parametersRefusal, REASONING_DEFAULT } from './chat-parameters.ts'
import { CHAT_PARAMETERS, chatShape } from './chat-shape.ts'
import { badRequest, notSimulated, type Refusal, refusalOf } from './refusal.ts'
import { strictProblem } from './strict-schema.ts'

/** A declared function. */
export type ChatTool = { name: string; description: string; parameters: JsonObject; strict: boolean }

export type ChatChoice = { is: 'auto' | 'none' | 'required' } | { is: 'named'; name: string }

export type ChatFormat = { is: 'text' | 'json' } | { is: 'schema'; schema: JsonObject; strict: boolean }

/** A request that is in order. */
export type ChatRequest = {
  model: string
  /** The name that signs the completion. */
  signedAs: string
  traits: ChatTraits
  messages: readonly ChatMessage[]
  /** Those the model may call now. */
  tools: readonly ChatTool[]
  /** The declared tools, which stand before the messages in the prompt; '' without any. */
  head: string
  choice: ChatChoice
  several: boolean
  maxTokens: number
  effort: string
  stop: readonly string[]
  format: ChatFormat
  stream: boolean
  includeUsage: boolean
  obfuscate: boolean
  metadata: Readonly<Record<string, string>> | null
}

/** Reads the body of `POST /v1/chat/completions`, or says why it is refused, in the order of the live service's checks. */
export function readChat(
  body: JsonObject,
  deployments: readonly string[],
): { request: ChatRequest } | { refusal: Refusal } {
  if (typeof body.model !== 'string' || body.model === '')
    return { refusal: badRequest('you must provide a model parameter') }
  const found = chatModel(body.model, deployments)
  if ('refusal' in found) return found
  const { traits, signedAs } = found
  const refusal =
    unknownKeys(body) ?? shapeRefusal(body) ?? parametersRefusal(body, traits) ?? toolsRefusal(body)
  if (refusal) return { refusal }
  const messages = body.messages as unknown as ChatMessage[]
  const wrong = messagesRefusal(messages) ?? formatRefusal(body, messages)
  if (wrong) return { refusal: wrong }
  const options = isObject(body.stream_options) ? body.stream_options : {}
  const max = body.max_completion_tokens ?? body.max_tokens
  const declared = declaredTools(body)
  return {
    request: {
      model: body.model,
      signedAs,
      traits,
      messages,
      tools: allowedTools(declared, body.tool_choice),
      head: declared.length === 0 ? '' : JSON.stringify(body.tools),
      choice: choiceOf(body.tool_choice),
      several: body.parallel_tool_calls !== false,
      maxTokens: typeof max === 'number' ? max : traits.maxOutputTokens,
      effort: String(body.reasoning_effort ?? REASONING_DEFAULT[traits.reasoning]),
      stop: [body.stop ?? []].flat().map(String),
      format: formatOf(body.response_format),
      stream: body.stream === true,
      includeUsage: options.include_usage === true,
      obfuscate: options.include_obfuscation !== false,
      metadata: isObject(body.metadata) ? (body.metadata as Record<string, string>) : null,
    },
  }
}

function unknownKeys(body: JsonObject): Refusal | null {
  const unknown = Object.keys(body).filter((key) => !Object.hasOwn(CHAT_PARAMETERS, key))
  if (unknown.length === 0) return null
  const word = unknown.length === 1 ? 'argument' : 'arguments'
  return badRequest(`Unrecognized request ${word} supplied: ${unknown.join(', ')}`)
}

function shapeRefusal(body: JsonObject): Refusal | null {
  const problem = chatShape(body, '')
  return problem ? refusalOf(problem) : null
}

function toolsRefusal(body: JsonObject): Refusal | null {
  const given = Array.isArray(body.tools) ? (body.tools as JsonObject[]) : []
  if (given.some(({ type }) => type === 'custom')) return notSimulated('custom tools', 'tools')
  const declared = declaredTools(body)
  for (const [index, { name, parameters, strict }] of declared.entries()) {
    const wrong = parametersProblem(parameters, strict)
    const param = `tools[${index}].function.parameters`
    if (wrong)
      return badRequest(
        `Invalid schema for function '${name}': ${wrong}`,
        param,
        'invalid_function_parameters',
      )
  }
  if (declared.length > 0) return choiceRefusal(body, declared)
  for (const name of ['tool_choice', 'parallel_tool_calls']) {
    if (body[name] === undefined || body[name] === 'none') continue
    return badRequest(
      `Invalid value for '${name}': '${name}' is only allowed when 'tools' are specified.`,
      name,
    )
  }
  return null
}

function choiceRefusal(body: JsonObject, declared: readonly ChatTool[]): Refusal | null {
  if (isObject(body.tool_choice) && body.tool_choice.type === 'custom')
    return notSimulated('custom tools', 'tool_choice')
  const missing = namesIn(body.tool_choice).find((name) => !declared.some((tool) => tool.name === name))
  if (missing === undefined) return null
  return badRequest(
    `Invalid value for 'tool_choice': function '${missing}' not found in 'tools'.`,
    'tool_choice',
  )
}

function parametersProblem(parameters: JsonObject, strict: boolean): string | null {
  if (Object.keys(parameters).length > 0 && parameters.type !== 'object') {
    return `schema must be a JSON Schema of 'type: "object"', got 'type: "${String(parameters.type ?? 'None')}"'.`
  }
  return strict ? strictProblem(parameters) : null
}

function formatRefusal(body: JsonObject, messages: readonly ChatMessage[]): Refusal | null {
  const format = formatOf(body.response_format)
  if (format.is === 'json' && !messages.some((message) => /json/i.test(wordsOf(message)))) {
    return badRequest(
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
      'messages',
    )
  }
  if (format.is !== 'schema' || !format.strict) return null
  const name =
    isObject(body.response_format) && isObject(body.response_format.json_schema)
      ? String(body.response_format.json_schema.name)
      : ''
  const wrong =
    format.schema.type === 'object' ? strictProblem(format.schema) : 'schema must be of type "object".'
  return wrong
    ? badRequest(`Invalid schema for response_format '${name}': ${wrong}`, 'response_format')
    : null
}

function formatOf(given: unknown): ChatFormat {
  if (!isObject(given) || given.type === 'text') return { is: 'text' }
  if (given.type === 'json_object') return { is: 'json' }
  const named = isObject(given.json_schema) ? given.json_schema : {}
  return { is: 'schema', schema: isObject(named.schema) ? named.schema : {}, strict: named.strict === true }
}

function declaredTools(body: JsonObject): ChatTool[] {
  const given = Array.isArray(body.tools) ? (body.tools as { function: Partial<ChatTool> }[]) : []
  return given.map(({ function: { name = '', description = '', parameters = {}, strict } }) => ({
    name,
    description,
    parameters,
    strict: strict === true,
  }))
}

function allowedTools(declared: readonly ChatTool[], choice: unknown): readonly ChatTool[] {
  if (!isObject(choice) || choice.type !== 'allowed_tools') return declared
  const names = namesIn(choice)
  return declared.filter(({ name }) => names.includes(name))
}

function namesIn(choice: unknown): string[] {
  if (!isObject(choice)) return []
  if (isObject(choice.function)) return [String(choice.function.name)]
  const allowed = isObject(choice.allowed_tools) ? choice.allowed_tools.tools : []
  return (allowed as { function: { name: string } }[]).map((tool) => tool.function.name)
}

function choiceOf(choice: unknown): ChatChoice {
  if (choice === 'none' || choice === 'required') return { is: choice }
  if (!isObject(choice)) return { is: 'auto' }
  if (choice.type === 'function') return { is: 'named', name: namesIn(choice)[0] ?? '' }
  const mode = isObject(choice.allowed_tools) ? choice.allowed_tools.mode : 'auto'
  return { is: mode === 'required' ? 'required' : 'auto' }
}
