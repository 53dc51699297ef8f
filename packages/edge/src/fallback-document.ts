/**
 * What a caller hears when none of our services can answer: spoken by the carrier itself, so that it depends on
 * nothing but the edge. Silence and a dead line are bugs.
 */
export const fallbackDocument = [
  '<?xml version="1.0" encoding="UTF-8"?>',
  '<Response>',
  '<Pause length="1"/>',
  '<Say language="ja-JP">お電話ありがとうございます。申し訳ございませんが、ただいま電話をおつなぎできません。',
  '恐れ入りますが、しばらくしてからおかけ直しください。</Say>',
  '<Hangup/>',
  '</Response>',
].join('')
