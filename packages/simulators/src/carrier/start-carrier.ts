import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Call } from './call.ts'
import { answerControl } from './control/control.ts'
import { newSid } from './core/sid.ts'
import { Debugger } from './debugger.ts'
import { DialQueue } from './dial-queue.ts'
import { placeInbound } from './exchange.ts'
import { FaultList } from './faults.ts'
import { Ticker } from './line/ticker.ts'
import type { Phone } from './phone/phone.ts'
import { type DialIn, PhoneBook } from './phone/phone-book.ts'
import { RecordingStore } from './recording/recording-store.ts'
import { answerRest } from './rest/rest-server.ts'
import type { MediaStream } from './stream/media-stream.ts'
import { type CarrierLimits, type CarrierSwitches, DEFAULT_LIMITS, DEFAULT_SWITCHES } from './switches.ts'
import { Webhooks } from './webhooks.ts'
import type { Account, IncomingNumber, World } from './world.ts'

export type CarrierOptions = {
  /** 0 (default) takes a free one. */
  port?: number
  host?: string
  accountSid: string
  authToken: string
  /** Address under which customers reach the REST API, for the URLs of recordings (default: host and port). */
  apiUrl?: string
  apiKeys?: readonly { sid: string; secret: string }[]
  numbers?: readonly IncomingNumber[]
  /**
   * Public origins and where they are really reached, such as `{ 'https://calls.example.com': 'http://127.0.0.1:8080' }`:
   * signatures and Host name the public one. Streams to `wss:` of the same host follow.
   */
  publicHosts?: Readonly<Record<string, string>>
  switches?: Partial<CarrierSwitches>
  /** The same as the switch of this name. */
  allowInsecureStreams?: boolean
  limits?: Partial<CarrierLimits>
}

/** A carrier that runs. Switches and faults may be changed while it does. */
export type Carrier = {
  /** Base URL of the REST API. */
  url: string
  account: Account
  debugger: Debugger
  phones: PhoneBook
  /** Calls a number of the account: the same as `phones.dialIn`. */
  dialIn(dial: DialIn): Phone
  faults: FaultList
  switches: CarrierSwitches
  /** The waits may be changed too. */
  limits: CarrierLimits
  /** Calls by SID. */
  calls: ReadonlyMap<string, Call>
  /** By SID, and all of them. */
  recordings: RecordingStore
  /** Adds a number of the account, or changes what it does. */
  setNumber(number: IncomingNumber): void
  /** Ends all calls and closes the server. */
  stop(): Promise<void>
}

/** Starts the carrier. Rejects when the port is taken. */
export async function startCarrier(options: CarrierOptions): Promise<Carrier> {
  const { accountSid, authToken, apiKeys = [], host = '127.0.0.1' } = options
  const { allowInsecureStreams = DEFAULT_SWITCHES.allowInsecureStreams } = options
  const switches = { ...DEFAULT_SWITCHES, allowInsecureStreams, ...options.switches }
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  let url = ''
  const world: World = {
    account: { sid: accountSid, authToken, apiKeys },
    switches,
    limits,
    faults: new FaultList({
      lose: (callSid) => openStream(world, callSid)?.lose() !== undefined,
      goHalfOpen: (callSid, forMs) => openStream(world, callSid)?.goHalfOpen(forMs) !== undefined,
    }),
    debugger: new Debugger(),
    ticker: new Ticker(),
    webhooks: new Webhooks({ authToken, limits, switches, publicHosts: options.publicHosts ?? {} }),
    numbers: new Map(),
    calls: new Map(),
    dialQueue: new DialQueue(limits),
    restRequests: { inFlight: 0 },
    phoneBook: new PhoneBook(),
    recordings: new RecordingStore(),
    url: () => options.apiUrl?.replace(/\/$/, '') ?? url,
  }
  const setNumber = (number: IncomingNumber) => {
    const sid = world.numbers.get(number.phoneNumber)?.sid ?? newSid('PN')
    world.numbers.set(number.phoneNumber, { ...number, sid })
  }
  for (const number of options.numbers ?? []) setNumber(number)
  world.phoneBook.connect((dial, phone) => placeInbound(world, dial, phone))
  const server = createServer((request, response) => void answer(world, request, response, setNumber))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, host, resolve)
  })
  url = `http://${host}:${(server.address() as AddressInfo).port}`
  return {
    url,
    account: world.account,
    debugger: world.debugger,
    phones: world.phoneBook,
    dialIn: (dial) => world.phoneBook.dialIn(dial),
    faults: world.faults,
    switches,
    limits,
    calls: world.calls,
    recordings: world.recordings,
    setNumber,
    stop: async () => {
      const calls = [...world.calls.values()]
      for (const call of calls) call.finish(call.isAnswered ? 'completed' : 'canceled', 'other-side')
      await Promise.race([Promise.all(calls.map((call) => call.settled())), delay(STOP_MS)])
      world.ticker.stop()
      world.webhooks.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const STOP_MS = 3000

function openStream(world: World, callSid: string): MediaStream | undefined {
  const stream = world.calls.get(callSid)?.stream
  return stream?.isOpen ? stream : undefined
}

async function answer(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
  setNumber: (number: IncomingNumber) => void,
): Promise<void> {
  try {
    if (request.url?.startsWith('/_sim/')) await answerControl(world, request, response, setNumber)
    else await answerRest(world, request, response)
  } catch (error) {
    // A broken request dies, the carrier lives.
    if (!response.headersSent) response.writeHead(500).end(String(error))
    else response.destroy()
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
