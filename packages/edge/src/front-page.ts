const rows: readonly [string, string][] = [
  ['/api/v1/calls', 'calls, newest first (needs an API key: <code>Authorization: Bearer …</code>)'],
  ['/api/v1/calls/{id}', 'one call with timeline, latencies and cost'],
  [
    '/api/v1/calls/{id}/transcript?format=text',
    'what was heard: <code>json</code>, <code>text</code>, <code>vtt</code>',
  ],
  ['/api/v1/assistants', 'assistants: what they are told, their voice and tools'],
  ['/api/v1/desks', 'the people a caller can be handed to'],
  ['POST /api/twilio/voice', "the carrier's voice webhook (signed)"],
  ['/api/twilio/fallback', 'what a caller hears when nothing else answers'],
  ['/healthz', 'whether this edge is up'],
]

/** The page at `/`: plain, and names what is to be found where. */
export const frontPage = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Toritsugi</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:3rem auto;padding:0 1rem}
td{padding:.25rem 1.5rem .25rem 0;vertical-align:top}code,td:first-child{font-family:ui-monospace,monospace}</style></head>
<body>
<h1>Toritsugi 取次</h1>
<p>Answers and places phone calls with a realtime voice. This is its front door.</p>
<table>
${rows.map(([address, text]) => `<tr><td>${linked(address)}</td><td>${text}</td></tr>`).join('\n')}
</table>
</body>
</html>
`

/** What a browser can open as it stands is a link. */
function linked(address: string): string {
  return /[{ ]/.test(address) ? address : `<a href="${address}">${address}</a>`
}
