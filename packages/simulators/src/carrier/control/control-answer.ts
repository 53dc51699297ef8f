import { writeWav } from '@toritsugi/audio'
import type { World } from '../world.ts'

export type Answer = { status: number; body: unknown; type?: string }

export function ok(body: unknown, status = 200): Answer {
  return { status, body }
}

export function bad(message: string, status = 400): Answer {
  return { status, body: { error: message } }
}

export function none(what: string): Answer {
  return bad(`There is no ${what} here.`, 404)
}

/** What a call's phone heard or said, or took as a message, as a WAV file. */
export function file(world: World, callSid: string, name: string): Answer {
  const phone = world.phoneBook.byCall(callSid)
  if (!phone) return none(`call ${callSid}`)
  if (name === 'heard.wav') return { status: 200, body: phone.heardWav, type: 'audio/wav' }
  if (name === 'said.wav') return { status: 200, body: phone.saidWav, type: 'audio/wav' }
  if (name === 'message.wav' && phone.message) {
    return { status: 200, body: writeWav(phone.message.audio), type: 'audio/wav' }
  }
  return none(name)
}
