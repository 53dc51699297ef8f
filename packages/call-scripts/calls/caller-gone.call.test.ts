import { Stage } from '@toritsugi/call-scripts'
import { describe, expect, it } from 'vitest'

const stage = await Stage.open()

describe.each([{ actionAfterHangUp: true }, { actionAfterHangUp: false }])(
  'the caller hangs up in the middle of a sentence (carrier: %o)',
  (switches) => {
    it("while the assistant speaks: the transcript ends where the caller's ear did", async () => {
      Object.assign(stage.carrier.switches, switches)
      const call = await stage.callerDials()
      await call.assistantSays(/お電話ありがとう/)
      call.callerHangsUp()
      const transcript = await call.isWrittenDown()
      expect(transcript.complete).toBe(true)
      const [greeting] = transcript.utterances
      expect(greeting?.text).toMatch(/^お電話ありがとう/)
      expect(greeting?.text).not.toMatch(/お聞かせください/)
      expect(greeting?.approximate).toBe(true)
      expect(await call.detail()).toMatchObject({ endReason: 'caller-hung-up' })
    })

    it('while speaking: what was said is written down and paid for', async () => {
      Object.assign(stage.carrier.switches, switches)
      const call = await stage.callerDials()
      await call.assistantSays(/ご用件をお聞かせください/)
      const saying = call.callerSays(
        'I would like to change my booking from Monday to Tuesday because of the rain',
      )
      await call.fact('turn.started', (turn) => turn.data.by === 'caller')
      await call.callerHasSpokenFor(1500)
      call.callerHangsUp()
      await saying
      const transcript = await call.isWrittenDown()
      const said = transcript.utterances.find((u) => u.by === 'caller')
      expect(said?.text ?? '').toMatch(/^I would like/)
      expect((await call.detail()).cost.modelMicroUsd).toBeGreaterThan(0)
    })
  },
)
