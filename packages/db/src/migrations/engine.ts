import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import type { SchemaEngine } from '@prisma/schema-engine-wasm'
import { MigrationAdapter } from './adapter.ts'
import { explainEngine, MigrationError } from './migration-error.ts'
import type { SchemaFiles } from './migration-files.ts'

export type { SchemaEngine }

type Bindings = {
  SchemaEngine: typeof SchemaEngine
  __wbg_set_wasm(exports: object): void
}

/** The part of the WebAssembly global used here; it is declared in the browser's library only. */
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: {
    compile(bytes: Uint8Array): Promise<object>
    instantiate(module: object, imports: object): Promise<{ exports: { __wbindgen_start(): void } }>
    RuntimeError: new () => Error
  }
}

let bindings: Promise<Bindings> | undefined
let lastPanic = ''

/** Prisma's schema engine compiled to WebAssembly, instantiated once per process: no binary is downloaded. */
async function loadEngine(): Promise<Bindings> {
  Object.assign(globalThis, {
    PRISMA_WASM_PANIC_REGISTRY: {
      set_message(message: string) {
        lastPanic = message
      },
    },
  })
  const glue = (await import('@prisma/schema-engine-wasm/schema_engine_bg')) as unknown as Bindings
  const folder = dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm'))
  const module = await WebAssembly.compile(await readFile(join(folder, 'schema_engine_bg.wasm')))
  const instance = await WebAssembly.instantiate(module, {
    './schema_engine_bg.js': withoutLongTimers(glue),
  })
  glue.__wbg_set_wasm(instance.exports)
  instance.exports.__wbindgen_start()
  return glue
}

/** The engine's time limit on its lock would keep the process alive for 10 s after the work is done. */
function withoutLongTimers(glue: object): object {
  const names = Object.keys(glue).filter((name) => name.startsWith('__wbg_setTimeout_'))
  const start = (run: () => void, ms: number) => setTimeout(run, ms >>> 0).unref()
  return { ...glue, ...Object.fromEntries(names.map((name) => [name, start])) }
}

/**
 * Runs `work` with an engine connected to `url`, and lets go of it afterwards.
 * @throws MigrationError
 */
export async function withEngine<T>(
  options: { url: string; schema: SchemaFiles },
  work: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  bindings ??= loadEngine()
  const { SchemaEngine } = await bindings
  const connections = new MigrationAdapter(options.url)
  let engine: SchemaEngine | undefined
  try {
    const adapter = bindMigrationAwareSqlAdapterFactory(connections)
    engine = await SchemaEngine.new({ datamodels: options.schema }, () => {}, adapter)
    return await work(engine)
  } catch (cause) {
    throw asMigrationError(cause)
  } finally {
    engine?.free()
    await connections.close()
  }
}

function asMigrationError(error: unknown): unknown {
  if (!(error instanceof WebAssembly.RuntimeError)) return explainEngine(error)
  bindings = undefined // a panicked instance is not to be used again
  return new MigrationError('other', `the schema engine panicked: ${lastPanic}`, error)
}
