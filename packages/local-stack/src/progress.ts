/** Shows the steps of a start, one line each with its time. */
export type Progress = {
  /** Runs one step; what it resolves with is shown behind it when it is a text. */
  step<T>(title: string, work: () => Promise<T>): Promise<T>
}

/** @param output a terminal shows the running step too; a file or pipe only the finished ones */
export function createProgress(output: NodeJS.WritableStream & { isTTY?: boolean }): Progress {
  return {
    async step(title, work) {
      const began = performance.now()
      if (output.isTTY) output.write(`  … ${title}`)
      const line = (mark: string, note = '') => {
        const took = `${((performance.now() - began) / 1000).toFixed(1)} s`
        output.write(`${output.isTTY ? '\r\u001b[2K' : ''}  ${mark} ${title} (${took}${note})\n`)
      }
      try {
        const result = await work()
        line('✓', typeof result === 'string' && result !== '' ? `, ${result}` : '')
        return result
      } catch (error) {
        line('✗')
        throw error
      }
    },
  }
}
