// Steps of a script, one line each with its time. Plain JavaScript: it runs before anything is installed.
import { spawn } from 'node:child_process'
import process from 'node:process'

const interactive = process.stdout.isTTY && !process.env.CI

/** What went wrong, in words for the person at the terminal: printed without a stack. */
export class Sentence extends Error {}

/** Seconds with one digit, for people. */
export function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`
}

/** Runs one step and says how long it took; `work` may return a note to be shown behind it. */
export async function step(title, work) {
  const began = performance.now()
  if (interactive) process.stdout.write(`  … ${title}`)
  const clear = () => {
    if (interactive) process.stdout.write('\r\u001b[2K')
  }
  try {
    const note = await work()
    clear()
    const detail = typeof note === 'string' && note ? `, ${note}` : ''
    process.stdout.write(`  ✓ ${title} (${seconds(performance.now() - began)}${detail})\n`)
  } catch (error) {
    clear()
    process.stdout.write(`  ✗ ${title} (${seconds(performance.now() - began)})\n`)
    throw error
  }
}

/**
 * Runs a command to its end and returns { code, output }. Its output is kept, not shown, unless `show` is given
 * each line. Ctrl-C reaches the command too: it is in our process group.
 */
export function run(command, args, { cwd, env, show, deadlineMs = 30 * 60_000 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const kept = []
    let size = 0
    const take = (chunk) => {
      kept.push(chunk)
      size += chunk.length
      // The end of a long output is what tells.
      while (size > 4_000_000 && kept.length > 1) size -= kept.shift().length
      show?.(chunk.toString('utf8'))
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    const timer = setTimeout(() => {
      child.kill('SIGTERM')
      reject(new Sentence(`${command} ${args[0] ?? ''} did not end within ${seconds(deadlineMs)}.`))
    }, deadlineMs)
    child.once('error', (error) => {
      clearTimeout(timer)
      reject(error.code === 'ENOENT' ? new Sentence(`The program "${command}" is not on the PATH.`) : error)
    })
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code: code ?? 128, signal, output: Buffer.concat(kept).toString('utf8') })
    })
  })
}

/** The last telling lines of an output, indented: for under a failed step. */
export function tail(output, lines = 40) {
  const all = output.replace(/\s+$/, '').split('\n')
  return all
    .slice(-lines)
    .map((line) => `    ${line}`)
    .join('\n')
}
