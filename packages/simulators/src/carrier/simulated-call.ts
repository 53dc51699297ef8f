import { readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { Command } from 'commander'
import type { CallEvent } from './call-event.ts'
import { CallTeller } from './call-teller.ts'
import type { DebugEntry } from './debugger.ts'
import type { PhoneEvent } from './phone/phone-event.ts'

type Options = {
  carrier: string
  script?: string
  scriptFile?: string
  wav?: string
  from?: string
  to?: string
  save: string
  maxSeconds: string
}

/** A line of a call's event stream. */
export type ToldEvent =
  | { of: 'call'; event: CallEvent }
  | { of: 'phone'; event: PhoneEvent }
  | { of: 'debugger'; event: DebugEntry }

/**
 * Places a call through a running carrier simulator, prints it as it goes and saves what the phone heard. Answers the
 * exit code: 0, or 1 when the script failed or the debugger has entries.
 */
export async function simulateCall(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  print: (line: string) => void,
): Promise<number> {
  const options = readOptions(args, env)
  const carrier = `${options.carrier.replace(/\/$/, '')}/_sim`
  const placed = (await ask(`${carrier}/calls`, callOf(options))) as {
    callSid: string
    from: string
    to: string
  }
  print(`${placed.from} calls ${placed.to} (${placed.callSid})`)
  const call = `${carrier}/calls/${placed.callSid}`
  const deadline = setTimeout(
    () => void ask(`${call}/hang-up`, {}).catch(() => {}),
    Number(options.maxSeconds) * 1000,
  )
  const teller = new CallTeller()
  const events = await fetch(`${call}/events`)
  if (!events.body) throw new Error('The carrier told nothing about the call.')
  for await (const line of createInterface({ input: Readable.fromWeb(events.body as never) })) {
    for (const said of teller.tell(JSON.parse(line) as ToldEvent)) print(said)
  }
  clearTimeout(deadline)
  const wav = new Uint8Array(await (await fetch(`${call}/heard.wav`)).arrayBuffer())
  writeFileSync(options.save, wav)
  print(`What the phone heard is in ${options.save} (${(wav.length / 16_000).toFixed(1)} s).`)
  return teller.troubles === 0 ? 0 : 1
}

function readOptions(args: readonly string[], env: NodeJS.ProcessEnv): Options {
  const base = Number(env.TORITSUGI_PORT_BASE ?? 8080)
  return new Command('sim:call')
    .description('Calls a number through a running carrier simulator and tells what happens.')
    .option('--carrier <url>', 'where the simulator is', env.CARRIER_URL ?? `http://127.0.0.1:${base + 6}`)
    .option('--script <name>', 'what the caller does: plain, barge-in, silent, hang-up, message')
    .option('--script-file <file>', 'the same from a file of your own')
    .option('--wav <file>', 'speak this recording into the call')
    .option('--from <e164>', 'number of the caller')
    .option('--to <e164>', 'number to call (default: the first of the account)')
    .option('--save <file>', 'where to save what the phone heard', 'heard.wav')
    .option('--max-seconds <n>', 'hang up after so long', '120')
    .exitOverride()
    .parse([...args], { from: 'user' })
    .opts<Options>()
}

function callOf({ script, scriptFile, wav, from, to }: Options): Record<string, string> {
  return {
    ...(wav ? { wav: readFileSync(wav).toString('base64') } : {}),
    ...(scriptFile ? { script: readFileSync(scriptFile, 'utf8') } : {}),
    ...(wav || scriptFile ? {} : { scriptName: script ?? 'plain' }),
    ...(from ? { from } : {}),
    ...(to ? { to } : {}),
  }
}

async function ask(url: string, body: unknown): Promise<unknown> {
  let response: Response
  try {
    response = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
  } catch (cause) {
    throw new Error(
      `No carrier simulator answers at ${new URL(url).origin}: start it with pnpm sim:carrier.`,
      { cause },
    )
  }
  const answer = (await response.json()) as { error?: string }
  if (!response.ok) throw new Error(answer.error ?? `HTTP ${response.status}`)
  return answer
}
