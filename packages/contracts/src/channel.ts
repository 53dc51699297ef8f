import type { z } from 'zod'

export const callFamilies = ['lifecycle', 'media', 'turn', 'tool', 'usage', 'mode', 'transcript'] as const
export type CallFamily = (typeof callFamilies)[number]

export type Service = 'call-control' | 'media-bridge' | 'realtime-session' | 'handoff' | 'transcript'
/** `dialogue-holder`: media-bridge in realtime mode, realtime-session in conference mode. */
export type Owner = Service | 'dialogue-holder'

/** A type of fact: who says it, on which family of subjects, and what it holds. */
export type Channel<Type extends string = string, Schema extends z.ZodType = z.ZodType> = {
  readonly type: Type
  readonly family: CallFamily
  readonly owner: Owner
  readonly summary: string
  readonly schema: Schema
}

/** Declares a channel. */
export const channel = <const Type extends string, Schema extends z.ZodType>(
  family: CallFamily,
  owner: Owner,
  type: Type,
  schema: Schema,
  summary: string,
): Channel<Type, Schema> => ({ type, family, owner, summary, schema })
