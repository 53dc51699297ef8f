import { describe, expect, it } from 'vitest'
import type { Situation } from '../core/situation.ts'
import type { ChatMessage } from './chat-messages.ts'
import { chatSituation } from './chat-situation.ts'

const system = (content: string): ChatMessage => ({ role: 'system', content })
const developer = (content: string): ChatMessage => ({ role: 'developer', content })
const user = (content: string): ChatMessage => ({ role: 'user', content })
const assistant = (content: string): ChatMessage => ({ role: 'assistant', content })
const calling = (...ids: string[]): ChatMessage => ({
  role: 'assistant',
  content: null,
  tool_calls: ids.map((id) => ({ id, function: { name: `tool-${id}`, arguments: '{}' } })),
})
const result = (id: string, content: string): ChatMessage => ({ role: 'tool', tool_call_id: id, content })

const ROWS: [string, ChatMessage[], Partial<Situation>][] = [
  [
    'nothing but instructions',
    [system('A.'), developer('B.')],
    { trigger: 'start', instructions: 'A.\nB.', dialogue: [] },
  ],
  [
    "the caller's words",
    [system('A.'), user('Hi.')],
    { trigger: 'heard', heard: 'Hi.', text: 'Hi.', askedInstructions: null },
  ],
  [
    'words in parts',
    [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Good' },
          { type: 'text', text: 'day.' },
        ],
      },
    ],
    { heard: 'Good day.' },
  ],
  [
    'a direction for this answer',
    [user('Hi.'), developer('Say "Welcome."')],
    { trigger: 'heard', heard: 'Hi.', askedInstructions: 'Say "Welcome."' },
  ],
  [
    'a notice after the assistant',
    [user('Hi.'), assistant('Yes?'), system('The caller pressed 5.')],
    { trigger: 'text', text: 'The caller pressed 5.', heard: '', askedInstructions: null },
  ],
  ['nothing new', [user('Hi.'), assistant('Yes?')], { trigger: 'start', toolOutputs: [] }],
  [
    'results, of the last calls only',
    [user('Hi.'), calling('a'), result('a', '1'), calling('b', 'c'), result('c', '3'), result('b', '2')],
    {
      trigger: 'tool',
      toolOutputs: [
        { callId: 'c', name: 'tool-c', output: '3' },
        { callId: 'b', name: 'tool-b', output: '2' },
      ],
    },
  ],
  [
    'words after results',
    [calling('a'), result('a', '1'), user('Well?')],
    { trigger: 'heard', heard: 'Well?', toolOutputs: [] },
  ],
  [
    'who said what',
    [system('A.'), user('Hi.'), assistant('Yes?'), system('Note.'), user('Bye.')],
    {
      instructions: 'A.',
      dialogue: [
        { by: 'caller', text: 'Hi.' },
        { by: 'assistant', text: 'Yes?' },
        { by: 'system', text: 'Note.' },
        { by: 'caller', text: 'Bye.' },
      ],
    },
  ],
]

describe('what a chat asks for', () => {
  it.each(ROWS)('%s', (_, messages, expected) => {
    expect(chatSituation(messages, [], null)).toMatchObject(expected)
  })
})
