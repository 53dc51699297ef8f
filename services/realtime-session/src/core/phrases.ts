import type { ConversationSettings, Direction } from '@toritsugi/contracts'

/** What is said word for word, in the language of the call. */
export type Phrases = {
  /** While a tool takes long. */
  filler: string
  /** When a stream or session was lost and came back. */
  bridging: string
  /** When the caller says nothing. */
  reprompt: string
  /** Before hanging up. */
  goodbye: string
  /** When nobody can serve the call: before the tone of the message. */
  apology: string
}

/** Languages with phrases of their own; every other one gets the English ones. */
export type SpokenLanguage = 'ja' | 'en'

const phrases: Record<SpokenLanguage, Phrases> = {
  ja: {
    filler: 'ただいま確認しております。少々お待ちください。',
    bridging: '失礼いたしました。お話の続きをお願いいたします。',
    reprompt: 'もしもし、お声は届いておりますでしょうか。',
    goodbye: 'お電話ありがとうございました。失礼いたします。',
    apology:
      '申し訳ございません。ただいまお電話をおつなぎすることができません。発信音のあとに、お名前とご用件をお話しください。',
  },
  en: {
    filler: 'One moment please, I am checking that for you.',
    bridging: 'Sorry about that. Please go on.',
    reprompt: 'Hello, are you still there?',
    goodbye: 'Thank you for your call. Goodbye.',
    apology:
      'We are sorry, but we cannot take your call right now. Please leave your name and your message after the tone.',
  },
}

/** The phrases' language for a language tag: `ja-JP` → `ja`; one without phrases → `en`. */
export function spokenLanguage(language: string): SpokenLanguage {
  return primaryTag(language) === 'ja' ? 'ja' : 'en'
}

/** `ja-JP` → `ja`: also the form in which transcription models take a language (ISO 639). */
export function primaryTag(language: string): string {
  return (language.split('-')[0] ?? language).toLowerCase()
}

export function phrasesIn(language: string): Phrases {
  return phrases[spokenLanguage(language)]
}

/** The longest greeting a plan takes, in UTF-16 units. */
const longestGreeting = 500

/** The settings' own greeting, else one made of what they tell about the company. */
export function greetingOf(settings: ConversationSettings, direction: Direction): string {
  const own = oneLine(settings.greeting)
  const text =
    own !== ''
      ? own
      : spokenLanguage(settings.language) === 'ja'
        ? japaneseGreeting(settings, direction)
        : englishGreeting(settings, direction)
  return shorten(text, longestGreeting)
}

function japaneseGreeting(settings: ConversationSettings, direction: Direction): string {
  const company = oneLine(settings.companyName)
  const name = oneLine(settings.representativeName)
  const who = company !== '' && name !== '' ? `${company}の${name}` : company || name
  if (direction === 'inbound') {
    const introduction = who === '' ? '' : `${who}でございます。`
    return `お電話ありがとうございます。${introduction}ご用件をお聞かせください。`
  }
  const introduction = who === '' ? '' : `わたくし、${who}と申します。`
  const department = oneLine(settings.targetDepartment)
  const person = oneLine(settings.targetPerson) || 'ご担当の方'
  const target = department === '' ? person : `${department}の${person}`
  return `お世話になっております。${introduction}${target}はいらっしゃいますでしょうか。`
}

function englishGreeting(settings: ConversationSettings, direction: Direction): string {
  const company = oneLine(settings.companyName)
  const name = oneLine(settings.representativeName)
  if (direction === 'inbound') {
    const thanks = company === '' ? 'Thank you for calling.' : `Thank you for calling ${company}.`
    const introduction = name === '' ? '' : ` This is ${name}.`
    return `${thanks}${introduction} How can I help you?`
  }
  const who =
    name !== '' && company !== ''
      ? ` This is ${name} from ${company}.`
      : name !== ''
        ? ` This is ${name}.`
        : company !== ''
          ? ` I am calling from ${company}.`
          : ''
  const department = oneLine(settings.targetDepartment)
  const person = oneLine(settings.targetPerson) || 'the person in charge'
  const target = department === '' ? person : `${person} in ${department}`
  return `Hello.${who} May I speak to ${target}, please?`
}

/** Control characters and line ends become single spaces: the text is spoken, and quoted on one line. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029\s]+/gu, ' ').trim()
}

/** At most `limit` UTF-16 units, never half a character. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text
  const cut = text.slice(0, limit)
  return /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut
}
