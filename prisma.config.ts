import { defineConfig } from 'prisma/config'

/** Read by the prisma command line only; services connect with their own DATABASE_URL. */
export default defineConfig({
  schema: 'prisma/schema',
  migrations: { path: 'prisma/migrations' },
})
