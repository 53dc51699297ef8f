import { join } from 'node:path'
import type { PartSpec } from './part.ts'
import { DEMO_NUMBER, type PartsContext } from './part-specs.ts'

/** The stand-ins for whatever has no keys set. They are programs of their own and know nothing of the services. */
export function simulatorSpecs(context: Pick<PartsContext, 'checkout' | 'settings' | 'secrets'>): PartSpec[] {
  const { settings } = context
  return [
    ...(settings.realCarrier ? [] : [carrierSimulator(context)]),
    ...(settings.realModel ? [] : [modelSimulator(context)]),
  ]
}

/** Where a simulator is told what to do and asked what it saw. */
export function controlUrl(port: number, path: string): string {
  return `http://127.0.0.1:${port}/_sim/${path}`
}

function carrierSimulator({ checkout, settings, secrets }: Parameters<typeof simulatorSpecs>[0]): PartSpec {
  const port = settings.ports.carrier
  return {
    name: 'carrier-simulator',
    main: join(checkout, 'packages/simulators/dist/carrier/main.js'),
    args: ['--host', '127.0.0.1', '--port', String(port)],
    port,
    readyUrl: controlUrl(port, 'health'),
    env: {
      CARRIER_ACCOUNT_SID: secrets.carrierAccountSid,
      CARRIER_AUTH_TOKEN: secrets.carrierAuthToken,
      CARRIER_NUMBERS: DEMO_NUMBER,
      PUBLIC_URL: settings.publicUrl,
    },
  }
}

function modelSimulator({ checkout, settings, secrets }: Parameters<typeof simulatorSpecs>[0]): PartSpec {
  const port = settings.ports.model
  return {
    name: 'model-simulator',
    main: join(checkout, 'packages/simulators/dist/model/main.js'),
    args: ['--host', '127.0.0.1', '--port', String(port)],
    port,
    readyUrl: controlUrl(port, 'health'),
    env: { MODEL_API_KEY: secrets.modelKey },
  }
}
