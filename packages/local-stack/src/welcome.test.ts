import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkout } from './checkout/folders.ts'
import { readSettings, type Settings } from './settings.ts'
import { apiKeyNote, realCallNotes, shownPath, simulationNote, urlNotes } from './welcome.ts'

const simulated = readSettings(['--no-call'], {}) as Settings

describe('what is said when the stack is up', () => {
  it.each([
    [false, false, /^Carrier and model are simulated; set TWILIO_ACCOUNT_SID.*and OPENAI_API_KEY/],
    [false, true, /^The carrier is simulated; set TWILIO_.*The model is real and costs money/],
    [true, false, /^The model is simulated; set OPENAI_API_KEY/],
    [true, true, /^Nothing is simulated/],
  ])(
    'names what is simulated (carrier real: %s, model real: %s) in one line',
    (realCarrier, realModel, line) => {
      const note = simulationNote({ ...simulated, realCarrier, realModel })
      expect(note).toMatch(line)
      expect(note).not.toContain('\n')
    },
  )

  it('names every address, and no password', () => {
    const folders = {
      logs: join(checkout, '.toritsugi/logs'),
      secrets: join(checkout, '.toritsugi/secrets.json'),
    }
    const notes = urlNotes(
      {
        settings: simulated,
        postgresUrl: 'postgres://postgres:hidden@127.0.0.1:8088/postgres',
        postgresData: '/data/postgres',
      },
      folders,
    ).join('\n')
    for (let port = 8080; port < 8090; port++) expect(notes).toContain(`:${port}`)
    expect(notes).toContain('postgres://postgres@127.0.0.1:8088/toritsugi (password: /data/postgres/')
    expect(notes).not.toContain('hidden')
    expect(notes).toContain('.toritsugi/logs/<part>.log')
  })

  it('says how to be called when no call is simulated', () => {
    const real = { ...simulated, realCarrier: true, publicUrl: 'https://calls.example.com' }
    expect(realCallNotes(real).join(' ')).toContain(
      'voice webhook to https://calls.example.com/api/twilio/voice,',
    )
    expect(realCallNotes({ ...simulated, realModel: true }).join(' ')).toContain('pnpm sim:call --wav')
    expect(realCallNotes(simulated)).toEqual([])
  })

  it('shows the API key once', () => {
    const file = join(checkout, '.toritsugi/api-key')
    expect(apiKeyNote({ text: 'tsk_1', isNew: true, file }).join()).toContain('tsk_1 (shown this once')
    expect(apiKeyNote({ text: 'tsk_1', isNew: false, file }).join()).not.toContain('tsk_1')
    expect(apiKeyNote(null)).toEqual([])
  })

  it('tells paths from the top of the checkout', () => {
    expect(shownPath(join(checkout, 'a/b'))).toBe('a/b')
    expect(shownPath('/elsewhere/b')).toBe('/elsewhere/b')
  })
})
