import { describe, expect, it } from 'vitest'
import { Fault } from './fault.ts'

describe('a fault', () => {
  it('has the title and the retryability of its code', () => {
    expect(new Fault('carrier.busy')).toMatchObject({
      name: 'Fault',
      code: 'carrier.busy',
      retryable: true,
      message: 'The carrier asks us to slow down',
      detail: undefined,
    })
  })

  it('keeps its cause and its detail', () => {
    const cause = new Error('ECONNREFUSED')
    const fault = new Fault('call.not-found', { cause, detail: 'call_1', retryable: true })
    expect(fault).toMatchObject({
      message: 'There is no such call: call_1',
      detail: 'call_1',
      retryable: true,
    })
    expect(fault.cause).toBe(cause)
    expect(fault).toBeInstanceOf(Error)
  })
})
