import { readFileSync } from 'node:fs'
import { PlanReply } from '@toritsugi/contracts'

const path = '../../../packages/contracts/fixtures/commands/session.plan.json'
const sample = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { reply: unknown }

/** For tests: what realtime-session answers, as the contract's own sample has it. */
export const planReply: PlanReply = PlanReply.parse(sample.reply)
