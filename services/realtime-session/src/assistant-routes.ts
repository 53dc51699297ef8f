import {
  type Assistant,
  type AssistantContent,
  type AssistantId,
  Fault,
  getAssistant,
  listAssistants,
  reviseAssistant,
} from '@toritsugi/contracts'
import { type Http, serveOperation } from '@toritsugi/service-kit'
import type { DeclarationFault } from './tools/declaration-check.ts'

export type AssistantRoutesDeps = {
  listNewest(): Promise<Assistant[]>
  newestVersion(id: AssistantId): Promise<Assistant | null>
  addVersion(id: AssistantId, content: AssistantContent): Promise<Assistant | null>
  /** What is wrong with the tools that are declared. */
  faultsOf(content: AssistantContent): DeclarationFault[]
  log: { info(fields: object, message: string): void }
}

/** REST in: assistants and their versions. */
export function assistantRoutes(app: Http, deps: AssistantRoutesDeps): void {
  const { listNewest, newestVersion, addVersion, faultsOf, log } = deps

  serveOperation(app, listAssistants, async () => ({ items: await listNewest() }))

  serveOperation(app, getAssistant, async ({ params }) => found(await newestVersion(params.id)))

  serveOperation(app, reviseAssistant, async ({ params, body }) => {
    const faults = faultsOf(body)
    if (faults.length > 0) {
      const detail = faults.map(({ path, message }) => `${path} ${message}`).join('; ')
      throw new Fault('request.invalid', { detail: detail.slice(0, 2000) })
    }
    const revised = found(await addVersion(params.id, body))
    log.info({ assistantId: revised.id, version: revised.version }, 'assistant revised')
    return revised
  })
}

function found(assistant: Assistant | null): Assistant {
  if (assistant === null) throw new Fault('assistant.not-found')
  return assistant
}
