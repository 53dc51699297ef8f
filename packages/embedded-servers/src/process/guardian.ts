import { type ChildProcess, spawn } from 'node:child_process'

// Reads what to look after from its standard input. The input ends when the process that started it is gone,
// however it went (kill -9 included); then whatever is still on the list is stopped, in five seconds at most.
export const guardianScript = `
trap '' HUP INT TERM QUIT PIPE
pids=' '
dirs=''
while IFS= read -r line; do
  value=\${line#* }
  case $line in
    'pid '*) pids="$pids$value " ;;
    'gone '*) case $pids in *" $value "*) pids="\${pids%% $value *} \${pids#* $value }" ;; esac ;;
    'dir '*) dirs="$dirs$value
" ;;
  esac
done
for pid in $pids; do kill -INT "$pid"; done
tries=0
while [ $tries -lt 50 ]; do
  alive=''
  for pid in $pids; do if kill -0 "$pid"; then alive=yes; fi; done
  if [ -z "$alive" ]; then break; fi
  sleep 0.1
  tries=$((tries + 1))
done
for pid in $pids; do kill -KILL "$pid"; done
printf '%s' "$dirs" | while IFS= read -r dir; do rm -rf -- "$dir"; done
`

let running: ChildProcess | undefined

function guardian(): ChildProcess {
  if (running) return running
  const child = spawn('/bin/sh', ['-c', guardianScript, 'toritsugi-guardian'], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const forget = () => {
    if (running === child) running = undefined
  }
  child.once('exit', forget)
  child.once('error', forget)
  child.stdin?.on('error', forget)
  child.unref()
  const pipe = child.stdin as unknown as { unref?: () => void } | null
  pipe?.unref?.()
  running = child
  return child
}

function tell(line: string): void {
  guardian().stdin?.write(`${line}\n`)
}

/** From now on this process is stopped when we die, even by kill -9. Call `release` when it has ended. */
export function guard(pid: number): void {
  tell(`pid ${pid}`)
}

/** The process has ended: its number may belong to somebody else soon. */
export function release(pid: number): void {
  if (running) tell(`gone ${pid}`)
}

/** This folder is removed after we are gone, whatever our end is. For temporary folders of our own making only. */
export function removeAfterwards(directory: string): void {
  if (directory.includes('\n')) throw new Error('a folder name with a line break cannot be guarded')
  tell(`dir ${directory}`)
}

/** The guardian's own process number, so that a next start can wait until it has cleaned up. */
export function guardianPid(): number | undefined {
  return guardian().pid
}
