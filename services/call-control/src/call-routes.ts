import { type CallDetail, type CallId, Fault, getCall, listCalls } from '@toritsugi/contracts'
import { type Http, serveOperation } from '@toritsugi/service-kit'
import type { z } from 'zod'
import type { CallCursor, CallFilter } from './call-view-repository.ts'

export type CallRoutesOptions = {
  listCalls(
    filter: CallFilter,
  ): Promise<{ items: z.input<typeof listCalls.response>['items']; next: CallCursor | null }>
  findCall(callId: CallId): Promise<z.output<typeof CallDetail> | null>
}

/** Calls as operators see them. */
export async function callRoutes(app: Http, options: CallRoutesOptions): Promise<void> {
  serveOperation(app, listCalls, async ({ query }) => {
    const { cursor, ...filter } = query
    const page = await options.listCalls({ ...filter, cursor: readCursor(cursor) })
    return { items: page.items, nextCursor: page.next === null ? null : writeCursor(page.next) }
  })

  serveOperation(app, getCall, async ({ params }) => {
    const call = await options.findCall(params.id)
    if (call === null) throw new Fault('call.not-found')
    return call
  })
}

function writeCursor({ startedAt, id }: CallCursor): string {
  return Buffer.from(`${startedAt.toISOString()}/${id}`).toString('base64url')
}

/** @throws Fault `request.invalid` for a cursor that is none of ours */
function readCursor(cursor: string | undefined): CallCursor | null {
  if (cursor === undefined) return null
  const [time = '', id = ''] = Buffer.from(cursor, 'base64url').toString('utf8').split('/')
  const startedAt = new Date(time)
  if (Number.isNaN(startedAt.getTime()) || !/^call_[0-9a-f]{32}$/.test(id)) {
    throw new Fault('request.invalid', { detail: 'cursor: is none that was given' })
  }
  return { startedAt, id }
}
