import { describe, expect, it } from 'vitest'
import { explainPostgres } from './explain.ts'

const exit = { code: 1, signal: null }

describe('why Postgres did not start', () => {
  it.each([
    [
      ['FATAL:  could not write file "pg_wal/x": No space left on device'],
      'Starting failed: the disk is full. Free some space and start again.',
    ],
    [
      [
        'LOG:  could not bind IPv4 address "127.0.0.1": Address already in use',
        'FATAL:  could not create any TCP/IP sockets',
      ],
      'Starting failed: its port is already in use. Set TORITSUGI_PORT_BASE to free ports.',
    ],
    [
      ['FATAL:  data directory "/x" has invalid permissions', 'DETAIL:  Permissions should be u=rwx (0700).'],
      'Starting failed (exit code 1): data directory "/x" has invalid permissions.',
    ],
    [
      ['initdb: error: could not create directory "/x/pg_wal": Permission denied'],
      'Starting failed: no permission to use its folder (could not create directory "/x/pg_wal": Permission denied).',
    ],
    [[], 'Starting failed (exit code 1): it said nothing.'],
  ])('%j', (lines, sentence) => {
    expect(explainPostgres('Starting', lines, exit).message).toBe(sentence)
  })

  it('names the signal that ended it', () => {
    expect(explainPostgres('Starting', [], { code: null, signal: 'SIGKILL' }).message).toContain(
      'killed by SIGKILL',
    )
  })
})
