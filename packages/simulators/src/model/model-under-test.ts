import { createListener, decodeMulaw, textOf } from '@toritsugi/audio'
import { afterEach } from 'vitest'
import { type Model, type ModelOptions, startModel } from './model.ts'

/** A model that thinks and speaks five times faster than usual: a test waits for events, and they come sooner. */
const BRISK = { delayMs: 30, pace: 40 }
const SOON = { transcriptionMs: [40, 180] } as const

/** Starts models for the tests of a file and stops them after each test. */
export function useModel(): (options?: ModelOptions) => Promise<Model> {
  const running: Model[] = []
  afterEach(async () => {
    for (const model of running.splice(0)) await model.stop()
  })
  return async (options) => {
    const model = await startModel({
      ...options,
      manner: { ...BRISK, ...options?.manner },
      switches: { ...SOON, ...options?.switches },
    })
    running.push(model)
    return model
  }
}

/** The assistant's words in µ-law audio. */
export function wordsIn(mulaw: Uint8Array): string {
  const listener = createListener('assistant')
  return textOf([...listener.push(decodeMulaw(mulaw)), ...listener.flush()])
}
