import { afterEach, describe, expect, it, vi } from 'vitest'
import { wantsContainers } from './containers.ts'

afterEach(() => vi.unstubAllEnvs())

describe('TEST_INFRA', () => {
  it.each([
    ['', false],
    ['embedded', false],
    ['containers', true],
  ])('"%s" asks for containers: %s', (value, wanted) => {
    vi.stubEnv('TEST_INFRA', value)
    expect(wantsContainers()).toBe(wanted)
  })

  it('that is misspelled is an error, not a silent default', () => {
    vi.stubEnv('TEST_INFRA', 'container')
    expect(() => wantsContainers()).toThrow('TEST_INFRA is "container"; it can be "embedded"')
  })
})
