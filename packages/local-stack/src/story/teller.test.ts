import type { Envelope } from '@toritsugi/contracts'
import { describe, expect, it } from 'vitest'
import { layOut } from './layout.ts'
import { emptyStory, tell } from './teller.ts'
import { fact, turn } from './told-facts.ts'

/** The lines a row of facts makes, laid out without colours. */
function told(facts: readonly Envelope[]): string[] {
  let story = emptyStory
  return facts.flatMap((envelope) => {
    const step = tell(story, envelope)
    story = step.story
    return step.lines.map((line) => layOut(line, false).trimEnd())
  })
}

describe('the story of a call', () => {
  it('reads like one', () => {
    const lines = told([
      fact('call.started', 0, {
        direction: 'inbound',
        from: '+81••••••••78',
        to: '+81••••••••01',
        mode: 'realtime',
        modeReason: 'default',
        degraded: false,
      }),
      fact('stream.started', 150, { epoch: 1 }),
      fact('session.opened', 200, { model: 'gpt-realtime-2.1', openMs: 41, warm: true, minimal: false }),
      fact('greeting.started', 420, { sinceStartMs: 270, modelMs: 200 }),
      fact('turn.started', 420, turn('a1', 'assistant')),
      fact('turn.started', 1900, turn('c1', 'caller')),
      fact('turn.ended', 1950, {
        ...turn('a1', 'assistant'),
        text: 'お電話ありがとう',
        heardMs: 1480,
        interrupted: true,
        responseMs: null,
        ourShareMs: null,
      }),
      fact('turn.ended', 3000, { ...turn('c1', 'caller'), text: null, form: 'speech', interrupted: false }),
      fact('turn.started', 3400, turn('a2', 'assistant')),
      fact('turn.transcribed', 3500, { turnId: 'c1', epoch: 1, text: '伝言をお願いします。' }),
      fact('tool.called', 3600, { name: 'take-message', arguments: '{"text":"x"}' }),
      fact('tool.answered', 3650, { name: 'take-message', outcome: 'done', ms: 48 }),
      fact('turn.ended', 5000, {
        ...turn('a2', 'assistant'),
        text: '承りました。',
        heardMs: 1500,
        interrupted: false,
        responseMs: 405,
        ourShareMs: 6,
      }),
      fact('call.ended', 61_234, { endReason: 'assistant-ended', blame: 'nobody', durationMs: 61_000 }),
      fact('transcript.completed', 61_400, { utterances: 3, complete: true, missing: [] }),
    ])
    expect(lines).toEqual([
      '  00:00.0  call       +81••••••••78 calls +81••••••••01  (realtime mode, default)',
      '  00:00.1  call       audio flows',
      '  00:00.2  call       the voice gpt-realtime-2.1 is ready  (after 41 ms, warm)',
      '  00:00.4  call       the greeting begins  (270 ms after the stream, model 200 ms)',
      '  00:00.4  assistant  「お電話ありがとう—」  (cut off by the caller after 1.5 s)',
      '  00:01.9  caller     「伝言をお願いします。」  (barges in)',
      '  00:03.4  assistant  「承りました。」  (answered after 405 ms, ours 6 ms)',
      '  00:03.6  tool       take-message {"text":"x"}',
      '  00:03.6  tool       take-message → done  (after 48 ms)',
      '  01:01.2  call       the call is over: assistant-ended  (61.0 s)',
      '  01:01.4  call       written down: 3 utterances  (complete)',
    ])
  })

  it('knows who barged in whichever of the two facts comes first', () => {
    const cutOff = { text: 'お', heardMs: 500, interrupted: true, responseMs: null, ourShareMs: null }
    const lines = told([
      fact('turn.started', 0, turn('a1', 'assistant')),
      fact('turn.ended', 600, { ...turn('a1', 'assistant'), ...cutOff }),
      fact('turn.started', 610, turn('c1', 'caller')),
      fact('turn.transcribed', 900, { turnId: 'c1', epoch: 1, text: 'あの' }),
      fact('turn.started', 1000, turn('c2', 'caller')),
      fact('turn.transcribed', 1900, { turnId: 'c2', epoch: 1, text: 'ええと' }),
    ])
    expect(lines.map((line) => line.slice(11))).toEqual([
      'assistant  「お—」  (cut off by the caller after 0.5 s)',
      'caller     「あの」  (barges in)',
      'caller     「ええと」',
    ])
  })

  it('waits only so long for words, and not beyond the end of the call', () => {
    const lines = told([
      fact('turn.started', 0, turn('c1', 'caller')),
      fact('turn.ended', 1000, { ...turn('c1', 'caller'), text: null, form: 'speech', interrupted: false }),
      fact('tool.called', 2000, { name: 'look-up', arguments: '{}' }),
      fact('tool.answered', 6000, { name: 'look-up', outcome: 'done', ms: 4000 }),
      fact('turn.transcribed', 7000, { turnId: 'c1', epoch: 1, text: 'おそい' }),
      fact('turn.started', 8000, turn('c2', 'caller')),
      fact('call.ended', 9000, { endReason: 'caller-hung-up', blame: 'nobody', durationMs: 9000 }),
    ])
    expect(lines.map((line) => line.slice(2, 25))).toEqual([
      '00:02.0  tool       loo',
      '00:06.0  tool       loo',
      '00:00.0  caller     「おそ',
      '00:09.0  call       the',
    ])
  })

  it('tells a repeated fact once', () => {
    const started = fact('stream.started', 0, { epoch: 2 })
    expect(told([started, started])).toEqual(['  00:00.0  call       audio flows again (stream 2)'])
  })

  it('shows keys, inaudible words and trouble', () => {
    expect(
      told([
        fact('turn.ended', 0, { ...turn('c1', 'caller'), text: '1', form: 'keys', interrupted: false }),
        fact('turn.unheard-text', 100, { turnId: 'c2', epoch: 1, because: 'transcription-failed' }),
        fact('session.lost', 200, { code: '1006', attempt: 1 }),
        fact('stream.ended', 300, { because: 'lost' }),
        fact('call.apologised', 400, { because: 'no-plan' }),
      ]).map((line) => line.slice(11)),
    ).toEqual([
      'caller     presses 1',
      'caller     (inaudible: transcription-failed)',
      "trouble    the model's socket was lost (1006)",
      'trouble    the stream was lost',
      'trouble    nobody could serve the call: no-plan',
    ])
  })

  it('passes over types it does not know: a newer sender has more to say', () => {
    expect(told([fact('call.pondered', 0, { deeply: true })])).toEqual([])
  })
})
