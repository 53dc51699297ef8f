import type { CallId, Transcript, Utterance } from '@toritsugi/contracts'
import { describe, expect, it } from 'vitest'
import { formatAccepted } from './format.ts'
import { toPlainText } from './plain-text.ts'
import { turnId } from './stories.ts'
import { toWebVtt } from './webvtt.ts'

const utterance = (n: number, over: Partial<Utterance> = {}): Utterance => ({
  turnId: turnId(n),
  by: n % 2 === 1 ? 'assistant' : 'caller',
  text: `text ${n}`,
  form: 'speech',
  at: '2026-11-21T09:00:00.000Z',
  startMs: n * 1000,
  endMs: n * 1000 + 900,
  heardMs: null,
  interrupted: false,
  approximate: false,
  ...over,
})
const transcript = (utterances: Utterance[], over: Partial<Transcript> = {}): Transcript => ({
  callId: `call_${'a'.repeat(32)}` as CallId,
  complete: true,
  missing: [],
  utterances,
  ...over,
})

describe('plain text', () => {
  it('is one line per utterance', () => {
    const text = toPlainText(
      transcript([
        utterance(1, { text: 'Hello,\nAcme.' }),
        utterance(2, { text: null }),
        utterance(4, { text: '12#', form: 'keys', startMs: 3_725_000 }),
        utterance(6, { text: '' }),
      ]),
    )
    expect(text).toBe(
      '[00:01] Assistant: Hello, Acme.\n[00:02] Caller: (inaudible)\n[01:02:05] Caller (keys): 12#\n',
    )
  })
  it('says when it is not complete, and what is missing', () => {
    expect(toPlainText(transcript([], { complete: false }))).toBe('(This transcript is not complete.)\n')
    expect(toPlainText(transcript([], { complete: false, missing: [turnId(1)] }))).toContain(
      '1 turn is missing',
    )
    expect(toPlainText(transcript([]))).toBe('')
  })
})

describe('WebVTT', () => {
  it('has a cue per utterance on the clock of the call', () => {
    expect(toWebVtt(transcript([utterance(1), utterance(2, { startMs: 3_723_004, endMs: 3_724_000 })]))).toBe(
      `WEBVTT\n\n${turnId(1)}\n00:00:01.000 --> 00:00:01.900\n<v Assistant>text 1\n\n${turnId(
        2,
      )}\n01:02:03.004 --> 01:02:04.000\n<v Caller>text 2\n`,
    )
  })
  it('lets no text end a cue, start another or become markup', () => {
    const evil = 'a --> b\n\n00:00.000 --> 00:09.000\n<b>&amp;\u2028</b>'
    const vtt = toWebVtt(transcript([utterance(1, { text: evil })]))
    expect(vtt.split('\n\n')).toHaveLength(2)
    expect(vtt.match(/-->/g)).toHaveLength(1)
    expect(vtt).toContain('&lt;b&gt;&amp;amp; &lt;/b&gt;')
  })
  it('orders cues by their start, and gives each a length', () => {
    const vtt = toWebVtt(
      transcript([
        utterance(1, { startMs: 5000, endMs: 5000 }),
        utterance(2, { startMs: 4000, endMs: 4500 }),
        utterance(3, { endMs: null, text: null }),
      ]),
    )
    expect(vtt.match(/\S+ --> \S+/g)).toEqual([
      '00:00:04.000 --> 00:00:04.500',
      '00:00:05.000 --> 00:00:05.001',
    ])
  })
  it('notes that it is not complete', () => {
    expect(toWebVtt(transcript([], { complete: false }))).toBe(
      'WEBVTT\n\nNOTE (This transcript is not complete.)\n',
    )
  })
})

describe('the format asked for', () => {
  it.each([
    [undefined, 'json'],
    ['*/*', 'json'],
    ['text/plain', 'text'],
    ['text/vtt', 'vtt'],
    ['text/*', 'vtt'],
    ['text/vtt;q=0.5, text/plain', 'text'],
    ['text/html, application/xhtml+xml, */*;q=0.8', 'json'],
    ['application/json;q=0, text/plain;q=0.1', 'text'],
    ['TEXT/VTT; Q=1', 'vtt'],
    ['text/plain;q=banana', 'json'],
    ['image/png', 'json'],
    ['', 'json'],
  ])('%s → %s', (accept, format) => {
    expect(formatAccepted(accept)).toBe(format)
  })
})
