const POSTGRES_IMAGE = 'postgres:18'
const NATS_IMAGE = 'nats:2.14'

/** Whether the run was asked to use containers instead of the embedded servers. */
export function wantsContainers(): boolean {
  const asked = process.env.TEST_INFRA
  if (asked === undefined || asked === '' || asked === 'embedded') return false
  if (asked === 'containers') return true
  throw new Error(`TEST_INFRA is "${asked}"; it can be "embedded" (the default) or "containers"`)
}

/** Postgres in a container; the address is the superuser's. */
export async function startPostgresContainer(): Promise<{ url: string; stop(): Promise<void> }> {
  const { GenericContainer, Wait } = await load()
  const container = await new GenericContainer(POSTGRES_IMAGE)
    .withEnvironment({ POSTGRES_PASSWORD: 'test' })
    .withCommand(['postgres', '-c', 'fsync=off', '-c', 'max_connections=200'])
    .withExposedPorts(5432)
    // It starts twice: once without the network, to create the database.
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
    .start()
  const url = `postgres://postgres:test@${container.getHost()}:${container.getMappedPort(5432)}/postgres`
  return {
    url,
    stop: async () => {
      await container.stop()
    },
  }
}

/** nats-server with JetStream in a container. */
export async function startNatsContainer(): Promise<{ url: string; stop(): Promise<void> }> {
  const { GenericContainer, Wait } = await load()
  const container = await new GenericContainer(NATS_IMAGE)
    .withCommand(['-js'])
    .withExposedPorts(4222)
    .withWaitStrategy(Wait.forLogMessage(/Server is ready/))
    .start()
  return {
    url: `nats://${container.getHost()}:${container.getMappedPort(4222)}`,
    stop: async () => {
      await container.stop()
    },
  }
}

/** Loaded only when asked for: it is large, and most runs do without. */
function load(): Promise<typeof import('testcontainers')> {
  return import('testcontainers')
}
