/** An answer of the REST API: a status and a JSON body, or none. */
export type RestAnswer = { status: number; body?: unknown; file?: { type: string; bytes: Uint8Array } }

/** An error body as the API writes it ("Twilio API responses: exceptions"). */
export function problem(status: number, code: number, message: string): RestAnswer {
  return { status, body: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status } }
}

export function notFound(path: string): RestAnswer {
  return problem(404, 20404, `The requested resource ${path} was not found`)
}
