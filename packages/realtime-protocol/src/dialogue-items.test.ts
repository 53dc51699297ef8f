import type { DialogueItem } from '@toritsugi/contracts'
import { describe, expect, it } from 'vitest'
import { cancelledOutput, dialogueItems } from './dialogue-items.ts'

describe('dialogue', () => {
  const dialogue: DialogueItem[] = [
    { kind: 'assistant', text: 'もしもし' },
    { kind: 'caller', text: '予約を' },
    { kind: 'caller', text: ' ' },
    { kind: 'tool-call', toolCallId: 'c1', name: 'look-up', arguments: '{}' },
    { kind: 'tool-result', toolCallId: 'c1', output: '{"free":true}' },
    { kind: 'tool-call', toolCallId: 'c2', name: 'look-up', arguments: '{}' },
    { kind: 'tool-result', toolCallId: 'lost', output: '1' },
    { kind: 'note', text: 'The line was lost.' },
  ]
  it('becomes items, every call with a result and no result alone', () => {
    expect(dialogueItems(dialogue)).toEqual([
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'もしもし' }] },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: '予約を' }] },
      { type: 'function_call', call_id: 'c1', name: 'look-up', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c1', output: '{"free":true}' },
      { type: 'function_call', call_id: 'c2', name: 'look-up', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c2', output: cancelledOutput },
      { type: 'message', role: 'system', content: [{ type: 'input_text', text: 'The line was lost.' }] },
    ])
  })
  it('loses its oldest part when it is too long, and the results of calls that went with it', () => {
    expect(dialogueItems(dialogue, { maxCharacters: 45 }).map((item) => item.type)).toEqual([
      'function_call',
      'function_call_output',
      'message',
    ])
  })
})
