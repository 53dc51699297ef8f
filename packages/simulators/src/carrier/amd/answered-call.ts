import type { Call } from '../call.ts'
import type { Source } from '../documents/document.ts'
import type { MachineDetection } from './amd-inputs.ts'
import { type AnsweredBy, MachineDetector } from './machine-detector.ts'

type Detected = { answeredBy: AnsweredBy; ms: number }

/**
 * Starts the documents of a call that was just answered: at once, or with synchronous detection when it is known by whom,
 * the callee hearing nothing until then ("Answering Machine Detection").
 */
export async function runAnswered(call: Call, detection: MachineDetection | undefined): Promise<void> {
  if (!detection) {
    call.run(call.voice.source)
    return
  }
  const detecting = detect(call, detection)
  if (detection.isAsync) {
    call.run(call.voice.source)
    tell(call, detection, await detecting)
    return
  }
  const detected = await detecting
  // Meanwhile the call may have been given another document.
  if (detected && !call.hasRun) call.run(withResult(call.voice.source, detected))
}

/** Listens until it is known who answered; undefined when the call ends before. */
function detect(call: Call, { settings }: MachineDetection): Promise<Detected | undefined> {
  const detector = new MachineDetector(settings)
  if (call.isOver) return Promise.resolve(undefined)
  return new Promise((resolve) => {
    const end = (detected: Detected | undefined) => {
      stopListening()
      stopWatching()
      resolve(detected)
    }
    const stopListening = call.line.listen((frame) => {
      const answeredBy = detector.push(frame)
      if (!answeredBy) return
      call.answeredBy = answeredBy
      call.note({ type: 'answered-by', answeredBy, afterMs: detector.ms })
      end({ answeredBy, ms: detector.ms })
    })
    const stopWatching = call.onEvent(() => {
      if (call.isOver) end(undefined)
    })
  })
}

function paramsOf({ answeredBy, ms }: Detected): Record<string, string> {
  return { AnsweredBy: answeredBy, MachineDetectionDuration: String(ms) }
}

function withResult(source: Source, detected: Detected): Source {
  if ('twiml' in source) return source
  return { ...source, params: { ...source.params, ...paramsOf(detected) } }
}

function tell(call: Call, { callback }: MachineDetection, detected: Detected | undefined): void {
  if (!callback || !detected) return
  call.callbacks.deliver({ event: 'amd', ...callback, params: paramsOf(detected), isBare: true })
}
