import { describe, expect, it } from 'vitest'
import { dialogueRecord, dialogueSoFar, keepPlace, writeDown } from './dialogue-record.ts'

describe('the dialogue as the bridge knows it', () => {
  it('keeps the places of words that come late', () => {
    const record = dialogueRecord([{ kind: 'assistant', text: 'Hello.' }])
    keepPlace(record, 'caller-1')
    writeDown(record, 'assistant-1', { kind: 'assistant', text: 'I see.' })
    keepPlace(record, 'caller-2')
    writeDown(record, 'caller-1', { kind: 'caller', text: 'Bread.' })
    expect(dialogueSoFar(record)).toEqual([
      { kind: 'assistant', text: 'Hello.' },
      { kind: 'caller', text: 'Bread.' },
      { kind: 'assistant', text: 'I see.' },
    ])
  })
  it('is bounded', () => {
    const record = dialogueRecord([])
    for (let n = 0; n < 1500; n++) writeDown(record, String(n), { kind: 'note', text: String(n) })
    expect(dialogueSoFar(record)).toHaveLength(1000)
    expect(dialogueSoFar(record)[0]).toEqual({ kind: 'note', text: '500' })
  })
})
