import { StackFault } from '@toritsugi/embedded-servers'
import { controlUrl } from './parts/simulator-specs.ts'

/** What the simulated phone has to tell about its call. */
export type PhoneReport = {
  status: string
  phone: {
    state: string
    endReason?: string
    heard: { assistant: string }
    events: { type: string; message?: string }[]
  }
}

type DebugEntries = { unexpected: { code: string; message: string }[] }

const DEADLINE_MS = 10_000

/** Lets a phone of the simulated world dial one of our numbers and follow a script. Resolves with the CallSid. */
export async function dialIn(
  carrierPort: number,
  call: { from: string; to: string; script: string },
): Promise<string> {
  const { callSid } = (await ask(controlUrl(carrierPort, 'calls'), call)) as { callSid: string }
  return callSid
}

/** What the phone of a call heard and did. */
export async function phoneReport(carrierPort: number, callSid: string): Promise<PhoneReport> {
  return (await ask(controlUrl(carrierPort, `calls/${callSid}`))) as PhoneReport
}

/** Says beforehand which codes of the carrier's debugger are no complaint. */
export async function announce(carrierPort: number, codes: readonly string[]): Promise<void> {
  await ask(controlUrl(carrierPort, 'debugger/expect'), { codes })
}

/** What a simulator holds against its customer (us), a sentence each. */
export async function complaintsOf(name: string, port: number): Promise<string[]> {
  const { unexpected } = (await ask(controlUrl(port, 'debugger'))) as DebugEntries
  return unexpected.map(({ code, message }) => `the ${name} complains: ${code} ${message}`)
}

async function ask(url: string, body?: object): Promise<unknown> {
  const response = await fetch(url, {
    signal: AbortSignal.timeout(DEADLINE_MS),
    ...(body && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  })
  const text = await response.text()
  if (!response.ok) throw new StackFault(`A simulator refused (${response.status}): ${text.slice(0, 300)}`)
  return JSON.parse(text)
}
