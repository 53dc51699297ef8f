import type { Folders } from './checkout/folders.ts'
import { demonstrate } from './demonstration.ts'
import { createProgress } from './progress.ts'
import type { Settings } from './settings.ts'
import { type Stack, startStack } from './stack.ts'
import { listenToBus } from './story/bus-listener.ts'
import { createLiveScreen } from './story/live-screen.ts'
import { apiKeyNote, realCallNotes, simulationNote, urlNotes } from './welcome.ts'

/**
 * One run of the local stack: up, the demonstration call, and then either down again (`--once`) or up until
 * Ctrl-C. Resolves with the exit code; whatever happens, nothing is left running and no lock is left behind.
 */
export async function runLocal(settings: Settings, folders: Folders): Promise<number> {
  const screen = createLiveScreen(process.stdout)
  const begun: { stop(): Promise<void> }[] = []
  const interruption = waitForInterruption(settings.once, () => begun)
  try {
    return await Promise.race([interruption.asked, session(settings, folders, begun, screen)])
  } finally {
    if (begun.length > 1) screen.say('  stopping')
    for (const one of [...begun].reverse()) await one.stop()
    interruption.forget()
  }
}

async function session(
  settings: Settings,
  folders: Folders,
  begun: { stop(): Promise<void> }[],
  screen: ReturnType<typeof createLiveScreen>,
): Promise<number> {
  const stack = await startStack(settings, folders, createProgress(process.stdout), begun)
  const live = async (): Promise<number> => {
    const facts = new Set<(fact: Parameters<typeof screen.fact>[0]) => void>([screen.fact])
    const listener = await listenToBus(
      { url: stack.natsUrl, user: 'observer', password: stack.secrets.bus.observer },
      {
        fact(envelope) {
          for (const take of facts) take(envelope)
        },
        partial: screen.partial,
      },
    )
    begun.push({ stop: () => listener.close() })
    welcome(stack, folders, screen.say)
    let code = 0
    if (!settings.noCall && !settings.realCarrier && !settings.realModel) {
      const complaints = await demonstrate(stack, facts, screen.say)
      for (const complaint of complaints) screen.say(`  ✗ ${complaint}`)
      if (complaints.length > 0) code = 1
    }
    if (settings.once) return code
    screen.say('\n  Up until Ctrl-C; further calls are shown here.\n')
    return await new Promise<never>(() => {})
  }
  return await Promise.race([stack.supervisor.failed, live()])
}

function welcome(stack: Stack, folders: Folders, say: (text: string) => void): void {
  say('')
  for (const line of urlNotes(stack, folders)) say(`  ${line}`)
  for (const line of apiKeyNote(stack.apiKey)) say(`  ${line}`)
  say(`  ${simulationNote(stack.settings)}`)
  for (const line of realCallNotes(stack.settings)) say(`  ${line}`)
  say('')
}

/** Ctrl-C and its kin end the run; a second one hurries it. */
function waitForInterruption(once: boolean, begun: () => readonly { stop(): Promise<void> }[]) {
  let times = 0
  let end: (code: number) => void = () => {}
  const asked = new Promise<number>((resolve) => {
    end = resolve
  })
  const numbers = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const
  const handlers = Object.entries(numbers).map(([signal, code]) => {
    const handler = () => {
      times++
      // Ctrl-C is the ordinary way to end a stack that stays up: no failure.
      if (times === 1) end(signal === 'SIGINT' && !once ? 0 : code)
      else for (const one of begun()) one.stop().catch(() => {})
    }
    process.on(signal, handler)
    return { signal, handler }
  })
  return {
    asked,
    forget() {
      for (const { signal, handler } of handlers) process.off(signal, handler)
    },
  }
}
