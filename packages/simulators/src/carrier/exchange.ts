import type { MachineDetection } from './amd/amd-inputs.ts'
import { runAnswered } from './amd/answered-call.ts'
import { Call } from './call.ts'
import { wait } from './line/line.ts'
import type { Phone } from './phone/phone.ts'
import type { DialIn } from './phone/phone-book.ts'
import type { CallProgress } from './status-callbacks.ts'
import type { World } from './world.ts'

/** Ended calls kept for the REST API. */
const KEPT_CALLS = 2000
const FINAL_ONLY: ReadonlySet<CallProgress> = new Set(['completed'])
const ALL_EVENTS: ReadonlySet<CallProgress> = new Set(['initiated', 'ringing', 'answered', 'completed'])

/** A phone calls a number: the number's voice URL is asked, its document picks the call up. */
export function placeInbound(world: World, { from, to, faults = [] }: DialIn, phone: Phone): void {
  const number = world.numbers.get(to)
  if (!number) {
    phone.over('unobtainable')
    return
  }
  const call = new Call(world, {
    direction: 'inbound',
    from,
    to,
    phone,
    phoneNumberSid: number.sid,
    voice: {
      source: { url: number.voiceUrl, method: number.voiceMethod ?? 'POST' },
      ...(number.voiceFallbackUrl ? { fallbackUrl: number.voiceFallbackUrl } : {}),
      ...(number.voiceFallbackMethod ? { fallbackMethod: number.voiceFallbackMethod } : {}),
    },
    ...(number.statusCallback
      ? {
          callbacks: {
            url: number.statusCallback,
            method: number.statusCallbackMethod ?? 'POST',
            events: world.switches.inboundCallbacks === 'all' ? ALL_EVENTS : FINAL_ONLY,
          },
        }
      : {}),
  })
  for (const fault of faults) world.faults.add({ ...fault, callSid: call.sid })
  keepCall(world, call)
  phone.ringing()
  call.callbacks.send('ringing')
  call.run(call.voice.source)
}

/** Keeps a call findable; ended calls beyond the limit are forgotten, oldest first. */
export function keepCall(world: World, call: Call): void {
  world.calls.set(call.sid, call)
  if (world.calls.size <= KEPT_CALLS) return
  for (const old of world.calls.values()) {
    if (!old.isOver) continue
    world.calls.delete(old.sid)
    break
  }
}

/** How a call is dialed: ring time as asked for, and whether it is to be found out who answers. */
export type Dialing = { ringSeconds: number; detection: MachineDetection | undefined }

/** Dials a queued call's phone and follows it until it is answered or will not be. */
export async function dialOut(world: World, call: Call, { ringSeconds, detection }: Dialing): Promise<void> {
  const canceled = new AbortController()
  const stopWatching = call.onEvent(() => {
    if (call.isOver) canceled.abort()
  })
  const { signal } = canceled
  call.queuedMs = await world.dialQueue.turn(signal)
  await wait(world.limits.dialMs, signal)
  if (call.isOver) return
  call.callbacks.send('initiated')
  await wait(world.limits.dialMs, signal)
  const listed = world.phoneBook.find(call.to)
  if (call.isOver) return
  if (!listed) {
    call.finish('failed', 'unobtainable', 404)
    return
  }
  if (listed.answers === 'busy') {
    call.finish('busy', 'busy', 486)
    return
  }
  call.setStatus('ringing')
  call.phone.ringing()
  call.callbacks.send('ringing')
  const ringMs = ringSeconds * 1000 + world.limits.extraRingMs
  const answerMs = typeof listed.answers === 'object' ? listed.answers.afterMs : Number.POSITIVE_INFINITY
  await wait(listed.answers === 'rejects' ? 0 : Math.min(ringMs, answerMs), signal)
  stopWatching()
  if (call.isOver) return
  if (listed.answers === 'rejects') call.finish('busy', 'rejected', 603)
  else if (answerMs > ringMs) call.finish('no-answer', 'no-answer', 487)
  else {
    call.answer()
    await runAnswered(call, detection)
  }
}
