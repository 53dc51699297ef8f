import type { IncomingMessage } from 'node:http'
import { keyOf, masked } from './api-key.ts'
import type { FaultList } from './faults.ts'
import { type ModelTraits, modelTraits } from './protocol/model-table.ts'
import type { ModelSwitches } from './switches.ts'

/** What becomes of a request to open a session. */
export type Admission =
  | { is: 'admitted'; model: string; traits: ModelTraits }
  /** Refused before the upgrade. */
  | { is: 'refused'; status: number; code: string; message: string; headers?: Record<string, string> }
  /** Upgraded, told in an `error` event, and closed: "socket open" is not "authenticated". */
  | { is: 'turned-away'; type: string; code: string; message: string; closeCode: number }

export type AdmissionRules = {
  apiKey: string
  /** Names besides OpenAI's own, such as Azure deployments. */
  deployments: readonly string[]
  switches: ModelSwitches
  faults: FaultList
}

const PATHS = ['/v1/realtime', '/openai/v1/realtime', '/openai/realtime']

/** Judges an upgrade request: path, key (`Authorization`, `api-key` or subprotocol), beta header and model. */
export function admit(request: IncomingMessage, rules: AdmissionRules, session: number): Admission {
  const url = new URL(request.url ?? '/', 'ws://localhost')
  const fault = rules.faults.take('refuse-upgrade', session)
  if (fault) {
    const { status, code = status === 429 ? 'rate_limit_exceeded' : 'server_error', message = code } = fault
    const headers = fault.retryAfterS === undefined ? {} : { 'retry-after': String(fault.retryAfterS) }
    return { is: 'refused', status, code, message, headers }
  }
  if (!PATHS.includes(url.pathname)) {
    return {
      is: 'refused',
      status: 404,
      code: 'unknown_url',
      message: `Unknown request URL: GET ${url.pathname}.`,
    }
  }
  const struck = rules.faults.take('refuse-session', session)
  if (struck) {
    const { type = 'invalid_request_error', code, message = code, closeCode = 4000 } = struck
    return { is: 'turned-away', type, code, message, closeCode }
  }
  return refusedKey(request, rules) ?? refusedHeader(request) ?? admitModel(url, rules)
}

function refusedKey(request: IncomingMessage, { apiKey, switches }: AdmissionRules): Admission | null {
  const key = keyOf(request)
  if (key === apiKey) return null
  const message =
    key === null
      ? "You didn't provide an API key. Provide it in an Authorization header using Bearer auth."
      : `Incorrect API key provided: ${masked(key)}.`
  const how = key === null ? switches.missingKey : switches.badKey
  const code = 'invalid_api_key'
  if (how === 'http') return { is: 'refused', status: 401, code, message }
  return { is: 'turned-away', type: 'invalid_request_error', code, message, closeCode: 3000 }
}

function refusedHeader(request: IncomingMessage): Admission | null {
  if (!String(request.headers['openai-beta'] ?? '').includes('realtime=v1')) return null
  return {
    is: 'turned-away',
    type: 'invalid_request_error',
    code: 'beta_api_shape_disabled',
    message: 'The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API.',
    closeCode: 4000,
  }
}

function admitModel(url: URL, { deployments, switches }: AdmissionRules): Admission {
  const isAzure = url.pathname.startsWith('/openai/')
  const model = url.searchParams.get('model') ?? (isAzure ? url.searchParams.get('deployment') : null)
  const type = 'invalid_request_error'
  if (!model) {
    return {
      is: 'turned-away',
      type,
      code: 'missing_model',
      message: 'You must provide a model parameter.',
      closeCode: 4000,
    }
  }
  const traits = modelTraits(model, deployments)
  if (traits) return { is: 'admitted', model, traits }
  const message = `The model \`${model}\` does not exist or you do not have access to it.`
  if (switches.badModel === 'http') return { is: 'refused', status: 404, code: 'model_not_found', message }
  const closeCode = switches.badModel === 'model_not_found' ? 4004 : 4000
  return { is: 'turned-away', type, code: switches.badModel, message, closeCode }
}
