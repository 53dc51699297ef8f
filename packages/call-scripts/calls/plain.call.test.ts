import { Stage } from '@toritsugi/call-scripts'
import { describe, expect, it } from 'vitest'

const stage = await Stage.open()

describe.each([{ actionAfterHangUp: true }, { actionAfterHangUp: false }])(
  'a plain call (carrier: %o)',
  (switches) => {
    it('is answered, talked, ended by the assistant and written down', async () => {
      Object.assign(stage.carrier.switches, switches)
      stage.announceHangUp()
      const call = await stage.callerDials()
      await call.assistantSays(/ご用件をお聞かせください/)
      await call.callerSays('営業時間を教えてください')
      await call.assistantSays(/営業時間.*承知しました/)
      await call.callerSays('以上です。さようなら')
      await call.assistantSays(/失礼いたします/)
      await call.lineEnds()

      const transcript = await call.isWrittenDown()
      expect(transcript).toMatchObject({ complete: true, missing: [] })
      expect(transcript.utterances.map(({ by, text }) => [by, text])).toEqual([
        ['assistant', expect.stringContaining('お電話ありがとうございます')],
        ['caller', expect.stringContaining('営業時間')],
        ['assistant', expect.stringContaining('承知しました')],
        ['caller', expect.stringContaining('さようなら')],
        ['assistant', expect.stringContaining('失礼いたします')],
      ])

      const detail = await call.detail()
      expect(detail).toMatchObject({
        state: 'ended',
        mode: 'realtime',
        endReason: 'assistant-ended',
        blame: 'nobody',
        degraded: false,
        messages: [],
      })
      expect(detail.cost.modelMicroUsd).toBeGreaterThan(0)
      expect(detail.latencies.turns).toBe(2)
      expect(detail.timeline.map(({ type }) => type)).toEqual(
        expect.arrayContaining(['call.started', 'stream.started', 'session.opened', 'call.ended']),
      )
      expect(call.facts('call.ended')).toHaveLength(1)
    })

    it('ends once when the caller hangs up', async () => {
      Object.assign(stage.carrier.switches, switches)
      const call = await stage.callerDials()
      await call.assistantSays(/ご用件をお聞かせください/)
      call.callerHangsUp()
      const transcript = await call.isWrittenDown()
      expect(transcript.utterances).toHaveLength(1)
      expect(await call.detail()).toMatchObject({ endReason: 'caller-hung-up', blame: 'nobody' })
      expect(call.facts('call.ended')).toHaveLength(1)
      expect(call.facts('leg.ended')).toHaveLength(1)
    })
  },
)
