import { type CallId, Fault, type LegId } from '@toritsugi/contracts'
import { expect, it } from 'vitest'
import { createCallCommands } from './call-commands.ts'
import type { CarrierCall } from './carrier.ts'
import { type CallCommand, receiveCall } from './core/call.ts'

const now = new Date('2026-11-21T05:00:00.000Z')
const at = now.toISOString()
const call = receiveCall({
  id: `call_${'0a'.repeat(16)}` as CallId,
  direction: 'inbound',
  carrierCallId: `CA${'1b'.repeat(16)}`,
  from: null,
  to: '+81••••••••00',
  contactId: null,
  legId: `leg_${'2c'.repeat(16)}` as LegId,
  startedAt: at,
})

/** What a command led to, given what the carrier knows and how it fails. */
async function doing(
  commands: CallCommand[],
  carrier: {
    found?: CarrierCall | null
    faults?: Partial<Record<'redirect' | 'hangUp' | 'fetch', Fault>>
    held?: boolean
  },
) {
  const did: unknown[] = []
  const { faults = {} } = carrier
  const fail = (what: keyof typeof faults) => {
    const fault = faults[what]
    if (fault) throw fault
  }
  const { act, idle } = createCallCommands({
    carrier: {
      async redirect(_id, url) {
        did.push(`redirect ${url}`)
        fail('redirect')
      },
      async hangUp() {
        did.push('hang up')
        fail('hangUp')
      },
      async fetch() {
        did.push('fetch')
        fail('fetch')
        return carrier.found ?? null
      },
    },
    publicUrl: 'https://calls.example.com',
    async perform(_callId, event) {
      did.push(event)
    },
    isHeld: () => carrier.held ?? false,
    log: { info() {}, warn: (_fields, message) => did.push(message) },
    now: () => now,
  })
  act({ call, commands })
  await idle()
  return did
}

const goOn = `redirect https://calls.example.com/api/twilio/calls/${call.id}/continue?epoch=2`
const inProgress: CarrierCall = { status: 'in-progress', talkedMs: null, endedAt: null }
const completed: CarrierCall = { status: 'completed', talkedMs: 9000, endedAt: '2026-11-21T04:59:00.000Z' }

it.each<[string, CallCommand[], Parameters<typeof doing>[1], unknown[]]>([
  ['redirects', [{ do: 'redirect', epoch: 2 }], {}, [goOn]],
  [
    'asks when there is nothing to redirect',
    [{ do: 'redirect', epoch: 2 }],
    { faults: { redirect: new Fault('carrier.not-in-progress') }, found: completed },
    [
      goOn,
      'fetch',
      { type: 'carrier.said', at: '2026-11-21T04:59:00.000Z', status: 'completed', talkedMs: 9000 },
    ],
  ],
  [
    'leaves an unknown outcome to the next deadline',
    [{ do: 'redirect', epoch: 2 }],
    { faults: { redirect: new Fault('carrier.unknown-outcome') } },
    [goOn, 'carrier command failed'],
  ],
  ['hangs up', [{ do: 'hang-up' }], {}, ['hang up']],
  [
    'asks: in progress',
    [{ do: 'ask-carrier' }],
    { found: inProgress, held: true },
    ['fetch', { type: 'checkup.answered', at, held: true }],
  ],
  [
    'asks: ringing means nothing',
    [{ do: 'ask-carrier' }],
    { found: { ...inProgress, status: 'ringing' } },
    ['fetch'],
  ],
  [
    'asks: unknown there',
    [{ do: 'ask-carrier' }],
    { found: null },
    ['fetch', { type: 'carrier.forgot', at }],
  ],
  [
    'asks: no answer',
    [{ do: 'ask-carrier' }],
    { faults: { fetch: new Fault('carrier.unavailable') } },
    ['fetch', 'carrier command failed'],
  ],
  ['does nothing about what is not for the carrier', [{ do: 'wake', kind: 'rescue', at, epoch: 1 }], {}, []],
])('%s', async (_, commands, carrier, did) => {
  expect(await doing(commands, carrier)).toEqual(did)
})
