import { describe, expect, it } from 'vitest'
import type { Entry, Item } from './conversation.ts'
import { situationOf } from './situation.ts'

const entry = (item: object): Entry => ({
  item: item as Item,
  audioMs: 0,
  audio: new Uint8Array(),
  heard: '',
  truncated: false,
  open: false,
  revision: 0,
})
const caller = entry({ id: 'u', type: 'message', role: 'user', content: [{ type: 'input_audio' }] })
const call = entry({ id: 'f', type: 'function_call', call_id: 'c', name: 'find', arguments: '{}' })
const output = entry({ id: 'o', type: 'function_call_output', call_id: 'c', output: 'seven' })
const filler = entry({ id: 'a', type: 'message', role: 'assistant', content: [] })

const look = (entries: Entry[], toldCalls: string[] = []) =>
  situationOf({
    entries,
    idleItems: new Set(),
    toldCalls: new Set(toldCalls),
    instructions: '',
    askedInstructions: null,
    tools: [],
    metadata: null,
  })
const found = [{ callId: 'c', name: 'find', output: 'seven' }]

describe('what is to be answered', () => {
  it.each([
    ['the words of the caller', [caller], [], 'heard', []],
    ['a result', [caller, call, output], [], 'tool', found],
    ['a result that came in while a filler was begun', [caller, call, output, filler], [], 'tool', found],
    ['nothing: the result was told', [caller, call, output, filler], ['c'], 'start', []],
    ['the caller, who spoke after the result', [call, output, filler, caller], [], 'heard', []],
  ])('%s', (_story, entries, told, trigger, toolOutputs) => {
    expect(look(entries, told)).toMatchObject({ trigger, toolOutputs })
  })
})
