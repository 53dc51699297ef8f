import type { AssistantContent, PlannedTool } from '@toritsugi/contracts'
import { endCallTool } from './end-call.ts'
import { type Exchange, httpTool } from './http-tool.ts'
import { type KeepMessage, takeMessageTool } from './take-message.ts'
import type { Tool } from './tool.ts'

/** Names that declared tools cannot have. */
export const builtInNames = ['end-call', 'take-message', 'request-handoff'] as const

/** The tools of a version of an assistant. */
export type ToolSet = {
  toolsOf(content: AssistantContent): Tool[]
  plannedTools(content: AssistantContent): PlannedTool[]
}

export function createToolSet(deps: { keepMessage: KeepMessage; exchange: Exchange }): ToolSet {
  const endCall = endCallTool()
  const takeMessage = takeMessageTool(deps.keepMessage)
  const toolsOf = ({ tools }: AssistantContent): Tool[] => [
    ...(tools.endCall ? [endCall] : []),
    ...(tools.takeMessage ? [takeMessage] : []),
    ...tools.http.map((declared) => httpTool(declared, deps.exchange)),
  ]
  return { toolsOf, plannedTools: (content) => toolsOf(content).map((tool) => tool.planned) }
}
