/** The part of a call that webhooks tell about. */
export type DescribedCall = {
  sid: string
  from: string
  to: string
  status: string
  direction: string
  world: { account: { sid: string } }
}

/** The parameters every voice webhook carries ("TwiML for Programmable Voice: Request parameters"). */
export function voiceParams(call: DescribedCall): Record<string, string> {
  return {
    AccountSid: call.world.account.sid,
    ApiVersion: '2010-04-01',
    CallSid: call.sid,
    CallStatus: call.status,
    Direction: call.direction,
    From: call.from,
    To: call.to,
    Caller: call.from,
    Called: call.to,
    ...places('From', call.from),
    ...places('Caller', call.from),
    ...places('To', call.to),
    ...places('Called', call.to),
  }
}

const COUNTRIES: readonly [string, string][] = [
  ['+81', 'JP'],
  ['+44', 'GB'],
  ['+49', 'DE'],
  ['+1', 'US'],
]

function places(prefix: string, number: string): Record<string, string> {
  const country = COUNTRIES.find(([code]) => number.startsWith(code))?.[1] ?? ''
  return {
    [`${prefix}City`]: '',
    [`${prefix}State`]: '',
    [`${prefix}Zip`]: '',
    [`${prefix}Country`]: country,
  }
}
