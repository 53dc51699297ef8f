import type { IncomingMessage } from 'node:http'
import type { Brain, Manner } from '../core/brain.ts'
import type { Debugger, Suspicion } from '../debugger.ts'
import type { FaultList } from '../faults.ts'
import type { JsonObject } from '../protocol/shape.ts'
import type { Random } from '../random.ts'
import type { ModelSwitches } from '../switches.ts'
import type { Answer } from './delivery.ts'
import type { RateWindow } from './rate-window.ts'
import type { Refusal } from './refusal.ts'
import type { RequestRecord } from './request-log.ts'

/** What the endpoints over HTTP are given by their server. */
export type HttpParts = {
  apiKey: string
  deployments: readonly string[]
  /** The rules in force now. */
  brain: () => Brain
  manner: Manner
  switches: ModelSwitches
  faults: FaultList
  debugger: Debugger
  random: Random
}

/** One request in order so far: a JSON object by a known key. */
export type Asking = {
  request: IncomingMessage
  body: JsonObject
  record: RequestRecord
  rates: RateWindow
  /** Records something suspicious that the service would not complain of. */
  suspect: (code: Suspicion, message: string) => void
}

export type Answered = { answer: Answer } | { refusal: Refusal }
