/** Prisma's own codes and Postgres' SQLSTATEs that mean: the server cannot be used now. */
const awayCodes = new Set([
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '53300', // too_many_connections
])
const awayKinds = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections'])
const awayMessages =
  /Connection terminated|timeout exceeded when trying to connect|Unable to start a transaction in the given time|Cannot use a pool after calling end/

/** True when the failure is the server's absence, wherever in the chain of causes it is told. */
export function isDatabaseAway(error: unknown): boolean {
  return chain(error).some(
    (link) =>
      awayCodes.has(String(link.code)) ||
      awayKinds.has(String(link.kind)) ||
      awayMessages.test(String(link.message)),
  )
}

/** True for a deadlock or a serialisation failure: the same transaction may succeed when it is run again. */
export function isWriteConflict(error: unknown): boolean {
  return chain(error).some(
    (link) =>
      link.code === 'P2034' ||
      link.code === '40001' ||
      link.code === '40P01' ||
      link.originalCode === '40001' ||
      link.originalCode === '40P01' ||
      link.kind === 'TransactionWriteConflict',
  )
}

/** True when a row with this unique key exists. */
export function isUniqueConflict(error: unknown): boolean {
  return chain(error).some((link) => link.code === 'P2002' || link.originalCode === '23505')
}

type Link = { code?: unknown; kind?: unknown; originalCode?: unknown; message?: unknown }

/** The error, its causes, and what Prisma packs into `meta.driverAdapterError`, at most six links. */
function chain(error: unknown): Link[] {
  const links: Link[] = []
  let next: unknown = error
  while (typeof next === 'object' && next !== null && links.length < 6) {
    links.push(next as Link)
    const { cause, meta } = next as { cause?: unknown; meta?: { driverAdapterError?: unknown } }
    next = cause ?? meta?.driverAdapterError
  }
  return links
}
