const PAGE_SIZE = 50
const MAX_PAGE_SIZE = 1000

/**
 * One page of a list as the API writes it. `name` is the key of its items, `path` the list's own address ("Twilio API
 * responses: paging").
 */
export function pageOf<T>(
  all: readonly T[],
  { name, path, query }: { name: string; path: string; query: URLSearchParams },
  json: (item: T) => unknown,
): Record<string, unknown> {
  const pageSize = Math.min(MAX_PAGE_SIZE, Math.max(1, Number(query.get('PageSize')) || PAGE_SIZE))
  const page = Math.max(0, Number(query.get('Page')) || 0)
  const start = page * pageSize
  const items = all.slice(start, start + pageSize)
  const uri = (number: number) => {
    const asked = new URLSearchParams(query)
    asked.set('PageSize', String(pageSize))
    asked.set('Page', String(number))
    return `${path}?${asked}`
  }
  return {
    [name]: items.map(json),
    first_page_uri: uri(0),
    next_page_uri: start + pageSize < all.length ? uri(page + 1) : null,
    previous_page_uri: page > 0 ? uri(page - 1) : null,
    uri: uri(page),
    page,
    page_size: pageSize,
    start,
    end: Math.max(start, start + items.length - 1),
  }
}

/** `Name` is a day (or the day of a time), `Name<` and `Name>` are at or before, at or after. */
export function isWithin(query: URLSearchParams, name: string, date: Date | undefined): boolean {
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
