import type { Call } from '../call.ts'
import type { World } from '../world.ts'
import { callJson } from './call-json.ts'
import { isWithin, pageOf } from './page.ts'

/** One page of the calls that pass the filters, newest first ("Call resource: Retrieve a list"). */
export function listCalls(world: World, query: URLSearchParams): Record<string, unknown> {
  const all = [...world.calls.values()].reverse().filter((call) => matches(call, query))
  const path = `/2010-04-01/Accounts/${world.account.sid}/Calls.json`
  return pageOf(all, { name: 'calls', path, query }, (call) => callJson(call))
}

function matches(call: Call, query: URLSearchParams): boolean {
  const is = (name: string, value: string) => !query.get(name) || query.get(name) === value
  return (
    is('To', call.to) &&
    is('From', call.from) &&
    is('Status', call.status) &&
    !query.get('ParentCallSid') &&
    isWithin(query, 'StartTime', call.startedAt ?? call.createdAt) &&
    isWithin(query, 'EndTime', call.endedAt)
  )
}
