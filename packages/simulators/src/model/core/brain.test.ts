import { describe, expect, it } from 'vitest'
import { type Brain, Mind } from './brain.ts'
import { brainFromJson } from './brain-json.ts'
import { RECEPTIONIST } from './receptionist.ts'
import type { Situation } from './situation.ts'

const NOW: Situation = {
  trigger: 'start',
  heard: '',
  text: '',
  toolOutputs: [],
  instructions: '',
  askedInstructions: null,
  tools: [],
  metadata: null,
  dialogue: [],
}

const heard = (words: string, more: Partial<Situation> = {}): Situation => ({
  ...NOW,
  trigger: 'heard',
  heard: words,
  dialogue: [{ by: 'caller', text: words }],
  ...more,
})

function said(brain: Brain, now: Situation): string {
  return new Mind(brain)
    .reply(now)
    .parts.map((part) => (part.is === 'speech' ? part.text : `${part.name}(${part.arguments})`))
    .join(' ')
}

describe('a brain', () => {
  const brain: Brain = [
    { when: { heard: 'price' }, say: ['one', 'two'], times: 3 },
    {
      when: { heard: /^book (\w+)/ },
      call: { name: 'book', arguments: { what: '{heard}' } },
      say: 'Wait.',
      callFirst: true,
    },
    { when: { toolOutput: 'done' }, say: 'It is {toolOutput}.' },
    { when: { metadata: { task: 'summary' } }, say: 'A summary.' },
    { when: { any: true }, say: 'before: {before}' },
  ]

  it('takes the first rule that applies, its variants in turn, and not more often than allowed', () => {
    const mind = new Mind(brain)
    const words = [1, 2, 3, 4].map(() => mind.reply(heard('What PRICE?')).parts[0])
    expect(words).toEqual([
      { is: 'speech', text: 'one' },
      { is: 'speech', text: 'two' },
      { is: 'speech', text: 'one' },
      { is: 'speech', text: 'before: ' },
    ])
  })

  it('calls before it speaks when told so, with words filled in', () => {
    expect(said(brain, heard('book table'))).toBe('book({"what":"book table"}) Wait.')
  })

  it('sees tool results, metadata and what was said before', () => {
    expect(
      said(brain, { ...NOW, trigger: 'tool', toolOutputs: [{ callId: 'c', name: 'x', output: 'done' }] }),
    ).toBe('It is done.')
    expect(said(brain, { ...NOW, metadata: { task: 'summary' } })).toBe('A summary.')
    const dialogue = [{ by: 'caller', text: 'I am Mori' } as const, { by: 'caller', text: 'and?' } as const]
    expect(said(brain, heard('and?', { dialogue }))).toBe('before: I am Mori')
  })

  it('says a dictated text before anything else', () => {
    const asked = 'Say exactly, word for word: 「少々お待ちください」'
    expect(said(brain, heard('price', { askedInstructions: asked }))).toBe('少々お待ちください')
    expect(said(brain, { ...NOW, askedInstructions: 'Tell the caller "One moment."' })).toBe('One moment.')
    const long = '- 相手に伝えたいこと: "安い"\n# 今\n次の言葉をそのまま言ってください: "\\"森\\"です。"'
    expect(said(brain, { ...NOW, askedInstructions: long })).toBe('"森"です。')
    expect(said(brain, { ...NOW, askedInstructions: 'The shop is called "Mori".' })).toBe('before: ')
  })

  it('reads rules from JSON and says what is wrong with them', () => {
    const made = brainFromJson([{ when: { heard: '/^hi$/i' }, say: 'yes' }])
    expect('brain' in made && said(made.brain, heard('HI'))).toBe('yes')
    expect(brainFromJson([{ when: { herd: 'x' } }])).toMatchObject({
      problem: { code: 'unknown_parameter', param: 'brain[0].when.herd' },
    })
    expect(brainFromJson([{ when: { heard: '/(/' } }])).toHaveProperty('problem.code', 'invalid_value')
    expect(brainFromJson({})).toHaveProperty('problem.code', 'invalid_type')
  })
})

describe('the receptionist', () => {
  const end = {
    name: 'end-call',
    description: '',
    parameters: { properties: { reason: { type: 'string' } }, required: ['reason'] },
  }
  const note = {
    name: 'take-message',
    description: '',
    parameters: {
      properties: { text: { type: 'string' }, callerName: { type: 'string' } },
      required: ['text'],
    },
  }

  it('greets in the language of the instructions, with the greeting they name', () => {
    expect(said(RECEPTIONIST, NOW)).toBe('Hello. How can I help you?')
    expect(said(RECEPTIONIST, { ...NOW, instructions: '丁寧に話す' })).toBe(
      'お電話ありがとうございます。ご用件をどうぞ。',
    )
    expect(said(RECEPTIONIST, { ...NOW, instructions: '最初の挨拶: 「森商店です。」' })).toBe('森商店です。')
  })

  it('ends the call or takes a message by the declared tools only', () => {
    const tools = [end, note]
    expect(said(RECEPTIONIST, heard('Goodbye then', { tools }))).toBe(
      'Goodbye. end-call({"reason":"Goodbye then"})',
    )
    expect(said(RECEPTIONIST, heard('伝言をお願いします', { tools }))).toContain(
      'take-message({"text":"伝言をお願いします"})',
    )
    expect(said(RECEPTIONIST, heard('Goodbye then'))).toBe('Goodbye.')
  })

  it('lets a tool that takes the parting words say them', () => {
    const parameters = { properties: { farewell: { type: 'string' } } }
    expect(said(RECEPTIONIST, heard('さようなら', { tools: [{ ...end, parameters }] }))).toBe(
      'end-call({"farewell":"お電話ありがとうございました。失礼いたします。"})',
    )
  })

  it('speaks as the caller does, and asks into a silence instead of greeting again', () => {
    expect(said(RECEPTIONIST, heard('もしもし', { instructions: 'English only.' }))).toContain('こんにちは')
    expect(said(RECEPTIONIST, heard('Hello', { instructions: '日本語で話してください。' }))).toContain(
      'Hello',
    )
    const dialogue = [{ by: 'assistant', text: 'Hello.' } as const]
    expect(said(RECEPTIONIST, { ...NOW, dialogue })).toBe('Hello? Are you still there?')
  })

  it('knows what was said before, and only that', () => {
    const dialogue = [
      { by: 'caller', text: 'My name is Mori' } as const,
      { by: 'caller', text: 'What did I say?' } as const,
    ]
    expect(said(RECEPTIONIST, heard('What did I say?', { dialogue }))).toBe('You said: My name is Mori')
    expect(said(RECEPTIONIST, heard('What did I say?'))).toBe('You have not told me anything yet.')
  })

  it('says what a tool found', () => {
    const toolOutputs = [{ callId: 'c1', name: 'opening-hours', output: '{"opens":"nine"}' }]
    expect(said(RECEPTIONIST, { ...NOW, trigger: 'tool', toolOutputs })).toBe('Here is what I found. nine')
    const ended = [{ callId: 'c2', name: 'end-call', output: '{}' }]
    expect(said(RECEPTIONIST, { ...NOW, trigger: 'tool', toolOutputs: ended })).toBe('')
  })
})
