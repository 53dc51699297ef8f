import { describe, expect, it } from 'vitest'
import { audioCame, heardText, type SpokenText, spokenText, wordCutter } from './heard-text.ts'

const english = wordCutter('en-US')
const japanese = wordCutter('ja-JP')

/** Words and the ms of audio there are after them, in the order in which they came. */
function spoken(...pieces: (string | number)[]): SpokenText {
  const s = spokenText()
  for (const piece of pieces) {
    if (typeof piece === 'string') s.text += piece
    else audioCame(s, piece)
  }
  return s
}

describe('the words that were heard', () => {
  const talk = () => spoken('One two ', 800, 'three four ', 1600, 'five six.', 2400)
  it.each([
    ['nothing', 0, '', false],
    ['the first piece', 800, 'One two', true],
    ['half of the second, at a word', 1200, 'One two three', true],
    ['a word that was begun is not heard', 1100, 'One two', true],
    ['everything', 2400, 'One two three four five six.', false],
    ['more than there is', 9000, 'One two three four five six.', false],
  ])('%s', (_story, heardMs, text, approximate) => {
    expect(heardText(talk(), heardMs, english)).toEqual({ text, approximate })
  })

  it('are no more than their even share when all the words came before the audio', () => {
    const s = spoken('One two three four five six seven eight', 400, 800, 1200, 1600)
    s.textDone = true
    s.audioDone = true
    expect(heardText(s, 800, english)).toEqual({ text: 'One two three four', approximate: true })
  })

  it('are reckoned from the next piece when words come after their audio', () => {
    expect(heardText(spoken(1000, 'One two three four', 2000), 1500, english).text).toBe('One two')
  })

  it('are cut between words where none are parted by spaces', () => {
    const s = spoken('来週の水曜日でしたら空いております。', 4000)
    const { text } = heardText(s, 1500, japanese)
    expect('来週の水曜日でしたら空いております。'.startsWith(text)).toBe(true)
    expect(['来週の', '来週の水曜', '来週の水曜日', '来週']).toContain(text)
  })

  it('are cut also in a language that nobody knows', () => {
    expect(wordCutter('en-a1')('One two three', 8)).toBe('One two')
  })

  it('are none while no words have come', () => {
    expect(heardText(spoken(400, 800), 600, english)).toEqual({ text: '', approximate: true })
  })
})
