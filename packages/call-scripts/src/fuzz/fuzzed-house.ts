import { openStack, type Program, type Stack } from '@toritsugi/bench'
import { INSPECTED } from './process-probe.ts'

/** Secrets of the house that is fuzzed: it lives for one run, on loopback. Fixed, so that signatures repeat. */
export const HOUSE_SECRETS = {
  accountSid: `AC${'f'.repeat(32)}`,
  authToken: 'the-fuzz-auth-token',
  streamTokenSecret: 'the-fuzz-shares-this-secret-of-the-streams',
} as const

/** The number that is called: the one every stack has. */
export const OUR_NUMBER = '+815012345600'

/**
 * Real servers and the services that are asked for, each with a debugger's port.
 * @param wanted modelUrl: where the bridge finds its model
 */
export function openFuzzedHouse(wanted: { programs: readonly Program[]; modelUrl?: string }): Promise<Stack> {
  return openStack({
    programs: wanted.programs,
    secrets: HOUSE_SECRETS,
    nodeArgs: INSPECTED,
    // Thousands of transactions: that they survive a power cut is not what is looked at.
    durable: false,
    ...(wanted.modelUrl === undefined ? {} : { model: { url: wanted.modelUrl, apiKey: 'sk-fuzz' } }),
  })
}
