import { type Form, isAnswer, isWebUrl, methodIn } from '../rest/call-inputs.ts'
import { problem, type RestAnswer } from '../rest/problem.ts'
import type { Method } from '../webhooks.ts'
import type { DetectionSettings } from './machine-detector.ts'

/** Detection on one outbound call. Async: documents run meanwhile, the callback is told. */
export type MachineDetection = {
  settings: DetectionSettings
  isAsync: boolean
  callback: { url: string; method: Method } | undefined
}

/** Code of a value that is none, or out of its range ("Error 21234"). */
const INVALID = 21234

/** The `MachineDetection…` parameters of a form, by their documented ranges and defaults. */
export function detectionIn(form: Form): MachineDetection | RestAnswer | undefined {
  const what = form.get('MachineDetection') ?? ''
  // Keys to send and detection exclude each other ("Call resource: SendDigits").
  if (what === '' || form.get('SendDigits')) return undefined
  if (what !== 'Enable' && what !== 'DetectMessageEnd') {
    return problem(400, INVALID, `Invalid MachineDetection: ${what}`)
  }
  const timeoutS = within(form, 'MachineDetectionTimeout', 3, 59, 30)
  const speechThresholdMs = within(form, 'MachineDetectionSpeechThreshold', 1000, 6000, 2400)
  const speechEndThresholdMs = within(form, 'MachineDetectionSpeechEndThreshold', 500, 5000, 1200)
  const silenceTimeoutMs = within(form, 'MachineDetectionSilenceTimeout', 2000, 10_000, 5000)
  if (isAnswer(timeoutS)) return timeoutS
  if (isAnswer(speechThresholdMs)) return speechThresholdMs
  if (isAnswer(speechEndThresholdMs)) return speechEndThresholdMs
  if (isAnswer(silenceTimeoutMs)) return silenceTimeoutMs
  const url = form.get('AsyncAmdStatusCallback')
  if (url && !isWebUrl(url)) return problem(400, 21609, `Invalid 'AsyncAmdStatusCallback' URL: ${url}`)
  return {
    settings: {
      untilMessageEnd: what === 'DetectMessageEnd',
      timeoutMs: timeoutS * 1000,
      speechThresholdMs,
      speechEndThresholdMs,
      silenceTimeoutMs,
    },
    isAsync: form.get('AsyncAmd') === 'true',
    callback: url ? { url, method: methodIn(form, 'AsyncAmdStatusCallbackMethod') } : undefined,
  }
}

function within(form: Form, name: string, low: number, high: number, normal: number): number | RestAnswer {
  const text = form.get(name)
  if (text === null || text === '') return normal
  const value = Number(text)
  if (Number.isInteger(value) && value >= low && value <= high) return value
  return problem(400, INVALID, `${name} must be between ${low} and ${high}`)
}
