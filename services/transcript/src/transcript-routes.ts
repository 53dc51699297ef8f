import { type CallId, Fault, getTranscript, type Transcript } from '@toritsugi/contracts'
import { type Http, serveOperation } from '@toritsugi/service-kit'
import { formatAccepted, mediaTypes } from './core/format.ts'
import { toPlainText } from './core/plain-text.ts'
import { toWebVtt } from './core/webvtt.ts'

/** REST in: the transcript of a call, in the form that `?format=` or the `Accept` header asks for. */
export function transcriptRoutes(
  app: Http,
  deps: { findTranscript(callId: CallId): Promise<Transcript | null> },
): void {
  serveOperation(app, getTranscript, async ({ params, query, request, reply }) => {
    const transcript = await deps.findTranscript(params.id)
    if (transcript === null) throw new Fault('transcript.not-found')
    const format = query.format ?? formatAccepted(request.headers.accept)
    // What is not complete yet changes; what is complete never does, but it is private.
    reply.header('vary', 'accept').header('cache-control', 'private, no-cache')
    if (format !== 'json') {
      const text = format === 'text' ? toPlainText(transcript) : toWebVtt(transcript)
      await reply.type(mediaTypes[format]).send(text)
    }
    return transcript
  })
}
