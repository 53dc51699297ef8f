import { describe, expect, it } from 'vitest'
import { isPublicAddress, mayReach } from './address-policy.ts'

describe('an address', () => {
  it.each([
    ['8.8.8.8', true],
    ['2606:4700:4700::1111', true],
    ['::ffff:8.8.8.8', true],
    ['127.0.0.1', false],
    ['127.255.1.2', false],
    ['0.0.0.0', false],
    ['10.1.2.3', false],
    ['172.16.0.1', false],
    ['172.31.255.255', false],
    ['172.32.0.1', true],
    ['192.168.1.1', false],
    ['169.254.169.254', false],
    ['100.64.0.1', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['::1', false],
    ['::', false],
    ['fe80::1', false],
    ['fd00::1', false],
    ['::ffff:127.0.0.1', false],
    ['::ffff:7f00:1', false],
    ['64:ff9b::7f00:1', false],
    ['2002:7f00:1::', false],
    ['localhost', false],
    ['', false],
  ])('%s is public: %s', (address, isPublic) => {
    expect(isPublicAddress(address)).toBe(isPublic)
  })
})

describe('a host', () => {
  it('may be in a closed network only when it is listed', () => {
    expect(mayReach({ privateHosts: [] }, 'crm.internal', '10.0.0.1')).toBe(false)
    expect(mayReach({ privateHosts: ['crm.internal'] }, 'CRM.internal', '10.0.0.1')).toBe(true)
    expect(mayReach({ privateHosts: ['crm.internal'] }, 'other.internal', '10.0.0.1')).toBe(false)
    expect(mayReach({ privateHosts: ['*'] }, 'other.internal', '::1')).toBe(true)
    expect(mayReach({ privateHosts: [] }, 'example.com', '93.184.216.34')).toBe(true)
  })
})
