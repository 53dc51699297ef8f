import type { Brain, Rule } from './brain.ts'
import { openingText } from './dictation.ts'
import { plausibleArguments } from './plausible-arguments.ts'
import { type Situation, saidBefore, type ToolFace } from './situation.ts'

/** The default brain: somebody who answers the telephone, in the language of the instructions or the caller. */
export const RECEPTIONIST: Brain = [
  { when: { trigger: 'start' }, say: opening },
  { when: { trigger: 'tool' }, say: afterTool },
  {
    when: { trigger: 'idle' },
    say: (now) => speak(now, 'もしもし、聞こえますか。', 'Hello? Are you still there?'),
  },
  {
    when: { heard: /^[\s▯]*$/ },
    say: (now) => speak(now, 'すみません、聞き取れませんでした。', 'Sorry, I did not catch that.'),
  },
  {
    when: { heard: /what did i (just )?(say|tell)|さっき(何|なん)|前に何/i },
    say: (now) => {
      const before = saidBefore(now, 'caller')
      if (before === '') return speak(now, 'まだ何も伺っていません。', 'You have not told me anything yet.')
      return speak(now, `「${before}」と伺いました。`, `You said: ${before}`)
    },
  },
  ...callingRules(
    /\b(good ?bye|bye|hang up|that is all|that's all)\b|さようなら|失礼します|切ります|以上です/i,
    /(^|[-_])(end|hang)|goodbye/i,
    ['では、失礼いたします。', 'Goodbye.'],
  ),
  ...callingRules(/message|伝言|折り返|伝えて/i, /message/i, [
    'はい、お預かりします。',
    'Let me write that down.',
  ]),
  ...callingRules(/\b(person|human|agent|someone)\b|担当|人に/i, /handoff|transfer/i, [
    '担当の者におつなぎします。',
    'I will put you through.',
  ]),
  {
    when: { heard: /hello|もしもし|こんにちは/i },
    say: (now) => speak(now, 'はい、こんにちは。ご用件をどうぞ。', 'Hello. How can I help you?'),
  },
  {
    when: { heard: /.*/ },
    say: (now) => speak(now, `${now.heard}、ですね。承知しました。`, `I see: ${now.heard}`),
  },
  { when: { text: /.*/ }, say: (now) => speak(now, '承知しました。', 'All right.') },
  { when: { any: true }, say: (now) => speak(now, 'はい。', 'Yes.') },
]

/**
 * Rules that say something and call the declared tool with such a name, when there is one. A tool that takes the
 * parting words itself is called in silence.
 */
function callingRules(heard: RegExp, tool: RegExp, words: readonly [string, string]): Rule[] {
  const say = (now: Situation) => {
    const declared = now.tools.find(({ name }) => tool.test(name))
    return declared && partingField(declared) !== undefined ? '' : speak(now, words[0], words[1])
  }
  return [{ when: { heard }, say, call: { name: tool, arguments: (now) => argumentsFor(tool, now) } }]
}

function argumentsFor(tool: RegExp, now: Situation): Record<string, unknown> {
  const declared = now.tools.find(({ name }) => tool.test(name))
  if (!declared) return {}
  const parting = partingField(declared)
  const given = plausibleArguments(declared, now)
  if (parting === undefined) return given
  return {
    ...given,
    [parting]: speak(
      now,
      'お電話ありがとうございました。失礼いたします。',
      'Thank you for calling. Goodbye.',
    ),
  }
}

function partingField(tool: ToolFace): string | undefined {
  return Object.keys(tool.parameters.properties ?? {}).find((name) => /farewell|goodbye|parting/i.test(name))
}

/** First words, or a question into the silence when a conversation is under way. */
function opening(now: Situation): string {
  if (now.dialogue.length > 0) return speak(now, 'もしもし、聞こえますか。', 'Hello? Are you still there?')
  const named = openingText(`${now.askedInstructions ?? ''}\n${now.instructions}`)
  return named ?? speak(now, 'お電話ありがとうございます。ご用件をどうぞ。', 'Hello. How can I help you?')
}

function afterTool(now: Situation): string {
  const last = now.toolOutputs.at(-1)
  if (last && /(^|[-_])(end|hang)|goodbye/i.test(last.name)) return ''
  if (last && /message/i.test(last.name))
    return speak(now, '確かに承りました。', 'I have noted your message.')
  const told = readable(last?.output ?? '')
  return speak(now, `確認しました。${told}`, `Here is what I found. ${told}`.trim())
}

/** The sayable part of a tool's result: strings and numbers of a JSON object, or the text itself. */
function readable(output: string): string {
  try {
    const value: unknown = JSON.parse(output)
    if (typeof value !== 'object' || value === null) return String(value)
    return Object.values(value)
      .filter((entry) => typeof entry === 'string' || typeof entry === 'number')
      .join(' ')
  } catch {
    return output
  }
}

/** Japanese or English: the caller's language when there are words of theirs, else that of the instructions. */
function speak(now: Situation, japanese: string, english: string): string {
  const words = now.heard === '' ? `${now.askedInstructions ?? ''}${now.instructions}` : now.heard
  const kana = words.match(/[\u3040-\u30ff\u4e00-\u9fff]/g)?.length ?? 0
  return kana > words.length * 0.1 ? japanese : english
}
