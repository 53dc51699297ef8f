import { BlockList, isIP } from 'node:net'

/**
 * Addresses that a tool's endpoint must not have unless its host is listed: our own machine, networks that are
 * not public, and the metadata services of clouds. Kept here because a declared endpoint is asked by us, from
 * inside, with whatever rights our network place gives.
 */
const closed = new BlockList()
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  closed.addSubnet(net, prefix, 'ipv4')
}
for (const [net, prefix] of [
  ['::', 128],
  ['::1', 128],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  closed.addSubnet(net, prefix, 'ipv6')
}

/** True for an address of the public internet. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 0) return false
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return !closed.check(mapped, 'ipv4')
  if (family === 6 && /^::ffff:/i.test(address)) return false
  return !closed.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

/** Which hosts may have closed addresses: names in lower case, or `*` for all. */
export type AddressPolicy = { privateHosts: readonly string[] }

export function mayReach(policy: AddressPolicy, host: string, address: string): boolean {
  const isListed = policy.privateHosts.includes('*') || policy.privateHosts.includes(host.toLowerCase())
  return isListed || isPublicAddress(address)
}
