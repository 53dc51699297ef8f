import { join, relative } from 'node:path'
import { checkout, type Folders } from './checkout/folders.ts'
import type { Settings } from './settings.ts'
import type { Stack } from './stack.ts'

/** Every address of a running stack, and where its logs are. */
export function urlNotes(
  { settings, postgresUrl, postgresData }: Pick<Stack, 'settings' | 'postgresUrl' | 'postgresData'>,
  folders: Pick<Folders, 'logs' | 'secrets'>,
): string[] {
  const { ports } = settings
  const at = (port: number) => `http://localhost:${port}`
  const rows: [string, string][] = [
    ['front door', at(ports.edge)],
    ['REST API', `${at(ports.edge)}/api/v1/calls`],
    ['voice webhook', `${settings.publicUrl}/api/twilio/voice`],
    ['services', services(settings)],
    ...(settings.realCarrier ? [] : [['carrier simulator', at(ports.carrier)] as [string, string]]),
    ...(settings.realModel ? [] : [['model simulator', at(ports.model)] as [string, string]]),
    [
      'Postgres',
      `${withoutPassword(postgresUrl)} (password: ${shownPath(join(postgresData, 'toritsugi-password'))})`,
    ],
    ['NATS', `nats://localhost:${ports.nats} (users and passwords: ${shownPath(folders.secrets)})`],
    ['logs', `${shownPath(folders.logs)}/<part>.log`],
  ]
  return rows.map(([name, value]) => `${name.padEnd(18)} ${value}`)
}

function services({ ports }: Settings): string {
  const named: [string, number][] = [
    ['call-control', ports.callControl],
    ['media-bridge', ports.mediaBridge],
    ['realtime-session', ports.realtimeSession],
    ['handoff', ports.handoff],
    ['transcript', ports.transcript],
  ]
  return named.map(([name, port]) => `${name} :${port}`).join(', ')
}

/** The key that was made at this start, shown once; later starts say where it is kept. */
export function apiKeyNote(apiKey: Stack['apiKey']): string[] {
  if (apiKey === null) return []
  if (!apiKey.isNew) return [`API key            made at the first start, kept in ${shownPath(apiKey.file)}`]
  return [`API key            ${apiKey.text} (shown this once; kept in ${shownPath(apiKey.file)})`]
}

/** What to do for a call when none is simulated. */
export function realCallNotes({ realCarrier, realModel, publicUrl }: Settings): string[] {
  if (realCarrier) {
    const at = `${publicUrl}/api/twilio`
    return [
      `Set your number's voice webhook to ${at}/voice, its fallback to ${at}/fallback, its status callback to ${at}/status,`,
      'and call it.',
    ]
  }
  if (!realModel) return []
  return [
    'A real model does not understand simulated speech; speak a recording: pnpm sim:call --wav hello.wav',
  ]
}

/** One line: what is simulated, and which variables switch to the real thing. */
export function simulationNote({ realCarrier, realModel }: Settings): string {
  const carrier = 'TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and PUBLIC_URL'
  if (realCarrier && realModel) return 'Nothing is simulated: calls are real and cost money.'
  if (realCarrier) return 'The model is simulated; set OPENAI_API_KEY for the real one. Calls are real.'
  if (realModel)
    return `The carrier is simulated; set ${carrier} for the real one. The model is real and costs money.`
  return `Carrier and model are simulated; set ${carrier}, and OPENAI_API_KEY, for the real ones.`
}

/** A path inside the checkout is told from its top. */
export function shownPath(path: string): string {
  const inside = relative(checkout, path)
  return inside.startsWith('..') ? path : inside
}

function withoutPassword(url: string): string {
  const parsed = new URL(url)
  parsed.password = ''
  parsed.pathname = '/toritsugi'
  return parsed.href
}
