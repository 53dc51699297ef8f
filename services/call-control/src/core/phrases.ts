/** What is said by call-control itself, when nobody else can speak. */
export type Phrases = {
  readonly language: string
  /** Nobody can serve the call; a message is asked for. */
  readonly apology: string
  /** No line is free. */
  readonly refusal: string
  readonly thanks: string
  readonly goodbye: string
}

const known: Readonly<Record<string, Phrases>> = {
  ja: {
    language: 'ja-JP',
    apology:
      '申し訳ございません。ただいま電話に出ることができません。発信音のあとに、お名前とご用件をお話しください。',
    refusal: '申し訳ございません。ただいま電話が大変混み合っております。しばらくしてからおかけ直しください。',
    thanks: 'メッセージをお預かりしました。お電話ありがとうございました。',
    goodbye: 'お電話ありがとうございました。失礼いたします。',
  },
  en: {
    language: 'en-US',
    apology:
      'We are sorry, nobody can take your call right now. Please leave your name and a message after the tone.',
    refusal: 'We are sorry, all our lines are busy. Please call again a little later.',
    thanks: 'Thank you, we have your message. Goodbye.',
    goodbye: 'Thank you for calling. Goodbye.',
  },
  de: {
    language: 'de-DE',
    apology:
      'Es tut uns leid, im Moment kann niemand Ihren Anruf annehmen. Bitte hinterlassen Sie nach dem Ton Ihren Namen und eine Nachricht.',
    refusal: 'Es tut uns leid, alle Leitungen sind besetzt. Bitte rufen Sie etwas später noch einmal an.',
    thanks: 'Vielen Dank, wir haben Ihre Nachricht. Auf Wiederhören.',
    goodbye: 'Vielen Dank für Ihren Anruf. Auf Wiederhören.',
  },
  fr: {
    language: 'fr-FR',
    apology:
      'Nous sommes désolés, personne ne peut prendre votre appel pour le moment. Veuillez laisser votre nom et un message après le signal sonore.',
    refusal: 'Nous sommes désolés, toutes nos lignes sont occupées. Veuillez rappeler un peu plus tard.',
    thanks: 'Merci, nous avons bien reçu votre message. Au revoir.',
    goodbye: 'Merci de votre appel. Au revoir.',
  },
  es: {
    language: 'es-ES',
    apology:
      'Lo sentimos, en este momento nadie puede atender su llamada. Por favor, deje su nombre y un mensaje después de la señal.',
    refusal:
      'Lo sentimos, todas nuestras líneas están ocupadas. Por favor, llame de nuevo un poco más tarde.',
    thanks: 'Gracias, hemos recibido su mensaje. Adiós.',
    goodbye: 'Gracias por su llamada. Adiós.',
  },
  ko: {
    language: 'ko-KR',
    apology: '죄송합니다. 지금은 전화를 받을 수 없습니다. 신호음이 울린 후 성함과 용건을 말씀해 주세요.',
    refusal: '죄송합니다. 지금은 통화량이 많습니다. 잠시 후 다시 걸어 주세요.',
    thanks: '메시지가 접수되었습니다. 전화해 주셔서 감사합니다.',
    goodbye: '전화해 주셔서 감사합니다. 안녕히 계세요.',
  },
}

const english = known.en as Phrases

/** The phrases of a language, by its first part; English for one that is not known here. */
export function phrasesFor(language: string): Phrases {
  const [base = ''] = language.split('-', 1)
  const phrases = known[base] ?? english
  const sameTongue = phrases.language.startsWith(`${base}-`)
  return sameTongue && language.includes('-') ? { ...phrases, language } : phrases
}
