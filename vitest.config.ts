import { defineConfig } from 'vitest/config'

// Tests run from the sources ("source" condition), never from dist: no build is needed to test.
const shared = { ssr: { resolve: { conditions: ['source'] } } }

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          include: ['{packages/*,services/*,bench}/src/**/*.test.ts'],
          exclude: ['**/*.it.test.ts', '**/*.call.test.ts', '**/node_modules/**'],
          // Against hanging, not against slowness: a busy machine fails no test.
          testTimeout: 30_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'integration',
          globalSetup: ['./vitest.global-setup.ts'],
          include: ['{packages/*,services/*,bench}/src/**/*.it.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'calls',
          globalSetup: ['./vitest.global-setup.ts'],
          include: [
            'packages/call-scripts/calls/**/*.call.test.ts',
            'packages/local-stack/src/**/*.call.test.ts',
          ],
          testTimeout: 90_000,
          hookTimeout: 90_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
