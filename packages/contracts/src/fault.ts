import { type ProblemCode, problems } from './problem.ts'

/**
 * The outside world failed: a server away, an answer late, a refusal of a vendor. The code's entry in
 * `problems` says which HTTP status it becomes and whether the same request may succeed when made again.
 */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly code: ProblemCode
  readonly retryable: boolean
  /** For people; never holds secrets or unmasked numbers, since it may travel in an answer. */
  readonly detail: string | undefined

  constructor(code: ProblemCode, options: { cause?: unknown; detail?: string; retryable?: boolean } = {}) {
    super(
      options.detail === undefined ? problems[code].title : `${problems[code].title}: ${options.detail}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.code = code
    this.retryable = options.retryable ?? problems[code].retryable
    this.detail = options.detail
  }
}
