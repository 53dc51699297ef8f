import type { Bus } from '@toritsugi/bus'

/** A pod with room, so that calls are answered with a stream. */
export function beatAsPod(bus: Bus): NodeJS.Timeout {
  const beat = () => {
    bus.publishLive(['pods', 'heartbeat'], {
      podId: 'fuzz-pod',
      url: 'http://127.0.0.1:9',
      at: new Date().toISOString(),
      capacity: 100_000,
      free: 100_000,
      draining: false,
      calls: [],
    })
  }
  beat()
  return setInterval(beat, 500)
}
