/**
 * Something a person has to know, said in one sentence: what is wrong and what to do about it.
 * Everything the local stack refuses to do ends as one of these; anything else is a bug.
 */
export class StackFault extends Error {
  override readonly name = 'StackFault'
}

type SystemError = Error & { code?: string; path?: string }

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && typeof (error as SystemError).code === 'string'
}

/** Turns an error of the operating system into a sentence; a StackFault is passed through. */
export function explainError(doing: string, error: unknown): StackFault {
  if (error instanceof StackFault) return error
  if (!isSystemError(error)) return new StackFault(`${doing} failed: ${messageOf(error)}.`, { cause: error })
  const where = error.path ? ` (${error.path})` : ''
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new StackFault(`${doing} failed: the disk is full${where}. Free some space and start again.`, {
        cause: error,
      })
    case 'EACCES':
    case 'EPERM':
      return new StackFault(
        `${doing} failed: no permission${where}. Check who owns this folder, or start from a checkout of your own.`,
        { cause: error },
      )
    case 'EROFS':
      return new StackFault(`${doing} failed: the file system is read-only${where}.`, { cause: error })
    case 'EMFILE':
    case 'ENFILE':
      return new StackFault(`${doing} failed: too many open files; raise "ulimit -n".`, { cause: error })
    case 'ENOENT':
      return new StackFault(`${doing} failed: not found${where}.`, { cause: error })
    default:
      return new StackFault(`${doing} failed: ${error.message}.`, { cause: error })
  }
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
