/**
 * What every state machine answers to an event: the next state, what is to be done about it, and, when a
 * request was not allowed, the code that says why. Commands are data; whoever called `step` acts on them.
 */
export type Step<S, C> = { state: S; commands: readonly C[]; refused?: string }

/** Nothing changes: the answer to a late, repeated or irrelevant fact. */
export function stay<S>(state: S): Step<S, never> {
  return { state, commands: [] }
}

/** Moves to `state` and asks for `commands`, in this order. */
export function go<S, C = never>(state: S, ...commands: readonly C[]): Step<S, C> {
  return { state, commands }
}

/** Says no to a request: the state stays, and `code` (a problem code) tells the asker why. */
export function refuse<S>(state: S, code: string): Step<S, never> {
  return { state, commands: [], refused: code }
}

/**
 * Makes the compiler prove that a `switch` covers its union. Reached at run time only with data that did not
 * come through a schema: then it throws, naming the value's discriminant but not its contents.
 */
export function assertNever(value: never): never {
  throw new Error(`impossible case: ${discriminant(value)}`)
}

function discriminant(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  const record = value as Record<string, unknown>
  const name = record.type ?? record.is ?? record.kind
  return typeof name === 'string' ? name : 'object without type, is or kind'
}
