import type { TwimlElement } from '../twiml/parse.ts'
import { connect } from './connect.ts'
import { hangup, pause, redirect, reject } from './flow.ts'
import { gather } from './gather.ts'
import { play } from './play.ts'
import { record } from './record.ts'
import { say } from './say.ts'
import { NEXT, type Stage, type Verb, type VerbOutcome } from './verb.ts'

/** The verbs this carrier runs. Others are known to the grammar and join here when they are built. */
const VERBS: Readonly<Record<string, Verb>> = {
  Say: say,
  Play: play,
  Pause: pause,
  Record: record,
  Gather: gather,
  Connect: connect,
  Redirect: redirect,
  Hangup: hangup,
  Reject: reject,
}

/** Verbs that do not pick up a ringing call ("TwiML Pause", "TwiML Reject", "TwiML Redirect"). */
const SILENT_VERBS = new Set(['Pause', 'Reject', 'Redirect'])

export async function runVerb(element: TwimlElement, stage: Stage): Promise<VerbOutcome> {
  const { call } = stage
  const verb = VERBS[element.name]
  if (!verb) {
    call.world.debugger.error('not-simulated', `This carrier cannot run <${element.name}>`, {
      callSid: call.sid,
    })
    return NEXT
  }
  if (!SILENT_VERBS.has(element.name)) call.answer()
  return verb(element, stage)
}
