/**
 * The address the carrier asked for, made of what it was told and not of what the request claims.
 * @param publicUrl `https://host[:port]`, with or without a slash at its end
 * @param target path and query exactly as they arrived
 */
export function publicUrlOf(publicUrl: string, target: string): string {
  return `${publicUrl.replace(/\/+$/, '')}${target}`
}

/** The twin of `publicUrlOf` for media streams: `wss`, or `ws` when the public address is plain `http`. */
export function streamUrlOf(publicUrl: string, target: string): string {
  return publicUrlOf(publicUrl, target).replace(/^http/, 'ws')
}
