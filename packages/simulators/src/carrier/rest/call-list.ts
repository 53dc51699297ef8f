import type { Call } from '../call.ts'
import type { World } from '../world.ts'
import { callJson } from './call-json.ts'

const PAGE_SIZE = 50
const MAX_PAGE_SIZE = 1000

/** One page of the calls that pass the filters, newest first ("Call resource: Retrieve a list"). */
export function listCalls(world: World, query: URLSearchParams): Record<string, unknown> {
  const pageSize = Math.min(MAX_PAGE_SIZE, Math.max(1, Number(query.get('PageSize')) || PAGE_SIZE))
  const page = Math.max(0, Number(query.get('Page')) || 0)
  const all = [...world.calls.values()].reverse().filter((call) => matches(call, query))
  const start = page * pageSize
  const calls = all.slice(start, start + pageSize)
  const uri = (number: number) => {
    const asked = new URLSearchParams(query)
    asked.set('PageSize', String(pageSize))
    asked.set('Page', String(number))
    return `/2010-04-01/Accounts/${world.account.sid}/Calls.json?${asked}`
  }
  return {
    calls: calls.map((call) => callJson(call)),
    first_page_uri: uri(0),
    next_page_uri: start + pageSize < all.length ? uri(page + 1) : null,
    previous_page_uri: page > 0 ? uri(page - 1) : null,
    uri: uri(page),
    page,
    page_size: pageSize,
    start,
    end: Math.max(start, start + calls.length - 1),
  }
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

/** `Name` is a day (or the day of a time), `Name<` and `Name>` are at or before, at or after. */
function isWithin(query: URLSearchParams, name: string, date: Date | undefined): boolean {
  const day = query.get(name)
  const before = query.get(`${name}<`)
  const after = query.get(`${name}>`)
  if (!day && !before && !after) return true
  if (!date) return false
  if (day && date.toISOString().slice(0, 10) !== new Date(day).toISOString().slice(0, 10)) return false
  if (before && date.getTime() > endOf(before)) return false
  return !after || Math.floor(date.getTime() / 1000) * 1000 + 999 >= new Date(after).getTime()
}

/** A bare date means its whole day. */
function endOf(time: string): number {
  const at = new Date(time).getTime()
  return /^\d{4}-\d{2}-\d{2}$/.test(time) ? at + 86_399_999 : at + 999
}
