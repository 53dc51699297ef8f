import { describe, expect, it } from 'vitest'
import { type Route, routeOf, wantsDocument } from './routes.ts'

describe('the way of a request', () => {
  it.each<[string, Route]>([
    ['/', 'front-page'],
    ['/healthz', 'health'],
    ['/api/twilio/fallback', 'fallback'],
    ['/api/twilio/fallback?ErrorCode=11200', 'fallback'],
    ['/api/twilio/voice', 'call-control'],
    ['/api/twilio/calls/call_1/continue', 'call-control'],
    ['/api/twilio/media-stream/call_1', 'media-bridge'],
    ['/api/twilio/media-stream/call_1/', 'media-bridge'],
    ['/api/twilio/media-streams', 'call-control'],
    ['/api/v1/calls', 'call-control'],
    ['/api/v1/calls?limit=1', 'call-control'],
    ['/api/v1/calls/call_1', 'call-control'],
    ['/api/v1/calls/call_1/transcript', 'transcript'],
    ['/api/v1/calls/call_1/transcript?format=vtt', 'transcript'],
    ['/api/v1/calls/call_1/transcript/more', 'call-control'],
    ['/api/v1/assistants', 'realtime-session'],
    ['/api/v1/assistants/asst_1', 'realtime-session'],
    ['/api/v1/assistantship', 'call-control'],
    ['/api/v1/desks', 'handoff'],
    ['/api/v1/handoffs/h_1', 'handoff'],
    ['/docs', 'call-control'],
    ['/apix', 'nowhere'],
    ['/favicon.ico', 'nowhere'],
    ['/api/v2/calls', 'nowhere'],
    ['//api/v1/calls', 'nowhere'],
  ])('%s → %s', (target, route) => {
    expect(routeOf(target)).toBe(route)
  })

  it.each<[string, boolean]>([
    ['/api/twilio/voice', true],
    ['/api/twilio/voice?x=1', true],
    ['/api/twilio/voice/call_1', true],
    ['/api/twilio/calls/call_1/continue', true],
    ['/api/twilio/continue/call_1', true],
    ['/api/twilio/human/h_1', true],
    ['/api/twilio/status', false],
    ['/api/twilio/calls/call_1/status', false],
    ['/api/twilio/stream-status/call_1', false],
    ['/api/v1/calls/call_1/continue', false],
  ])('%s: a document is spoken: %s', (target, spoken) => {
    expect(wantsDocument(target)).toBe(spoken)
  })
})
