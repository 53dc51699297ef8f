import { Stage } from '@toritsugi/call-scripts'
import { describe, expect, it } from 'vitest'

const stage = await Stage.open({ env: { 'media-bridge': { WARM_SOCKETS: '0' } } })

/** What every caller gets when nobody can talk: an apology in their language, a tone, and time for a message. */
async function leavesAMessage(call: Awaited<ReturnType<Stage['callerDials']>>): Promise<void> {
  await call.assistantSays(/申し訳ございません/, 30_000)
  await call.assistantSays(/お話しください/)
  await call.callerHearsTheTone()
  await call.callerSays('This is Mori, please call me back')
  await call.lineEnds(60_000)
  await call.fact('message.taken')
  await call.fact('call.ended')
  const detail = await call.detail()
  expect(detail).toMatchObject({ state: 'ended', endReason: 'message-taken' })
  expect(detail.messages).toMatchObject([{ form: 'recording' }])
  expect(detail.messages[0]?.durationMs).toBeGreaterThan(500)
}

describe('nobody can talk', () => {
  it('because the speech model refuses every session', async () => {
    stage.model.faults.add({ kind: 'refuse-session', code: 'insufficient_quota', times: 'always' })
    stage.announceHangUp()
    stage.announce(/insufficient_quota|model|session/)
    await leavesAMessage(await stage.callerDials())
  })

  it.each([{ afterHandshakeFailure: 'action' as const }, { afterHandshakeFailure: 'next-verb' as const }])(
    'because the pods are gone (carrier: %o)',
    async (switches) => {
      Object.assign(stage.carrier.switches, switches)
      stage.announce(/31920|31921|31903|media-bridge|pod|11200/)
      await stage.kill('media-bridge')
      await leavesAMessage(await stage.callerDials())
      await stage.start('media-bridge')
    },
  )
})
