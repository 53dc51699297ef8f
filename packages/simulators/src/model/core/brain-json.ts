import {
  anything,
  bool,
  either,
  invalid,
  list,
  number,
  object,
  oneOf,
  type Problem,
  pair,
  type Shape,
  text,
  variant,
} from '../protocol/shape.ts'
import type { Brain, Match, Rule } from './brain.ts'

const trigger = oneOf('heard', 'text', 'tool', 'idle', 'start')
const duration = number({ min: 0, max: 600_000 })

const match: Shape = (value, at) => {
  const problem = text()(value, at)
  if (problem) return problem
  const pattern = /^\/(.*)\/([a-z]*)$/s.exec(String(value))
  if (!pattern) return null
  try {
    new RegExp(pattern[1] ?? '', pattern[2])
    return null
  } catch (error) {
    return invalid(at, `Invalid pattern at '${at}': ${String(error)}`)
  }
}

const ending = variant('status', {
  completed: object({ status: anything }),
  incomplete: object({ status: anything, reason: oneOf('max_output_tokens', 'content_filter') }, ['reason']),
  failed: object({ status: anything, code: text(), message: text() }, ['code', 'message']),
})

const call = object({ name: text({ min: 1 }), arguments: anything }, ['name'])

const rule = object(
  {
    when: object({
      any: bool,
      trigger: either(list(trigger), trigger),
      heard: match,
      text: match,
      tool: match,
      toolOutput: match,
      instructions: match,
      asked: match,
      dialogue: match,
      metadata: anything,
    }),
    say: either(list(text()), text()),
    call: either(list(call), call),
    callFirst: bool,
    delayMs: duration,
    pace: number({ min: 0.1, max: 1000 }),
    deltaMs: either(pair(number({ min: 5, max: 5000 })), number({ min: 5, max: 5000 })),
    ends: ending,
    times: number({ min: 1, whole: true }),
  },
  ['when'],
)

/** Rules from JSON (a file or the control API). `"/pattern/flags"` is a pattern, any other string is a part. */
export function brainFromJson(json: unknown): { brain: Brain } | { problem: Problem } {
  const problem = list(rule, 1000)(json, 'brain')
  if (problem) return { problem }
  return { brain: (json as Rule[]).map((entry) => ({ ...entry, when: withPatterns(entry.when) })) }
}

function withPatterns(when: Rule['when']): Rule['when'] {
  const entries = Object.entries(when).map(([key, value]) => [
    key,
    typeof value === 'string' && key !== 'trigger' ? patternOf(value) : value,
  ])
  return Object.fromEntries(entries) as Rule['when']
}

function patternOf(value: string): Match {
  const pattern = /^\/(.*)\/([a-z]*)$/s.exec(value)
  return pattern ? new RegExp(pattern[1] ?? '', pattern[2]) : value
}
