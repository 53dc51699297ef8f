import { signatureOf } from '../core/signature.ts'

export type StreamAddress =
  | { is: 'address'; url: string; hadQuery: boolean }
  /** 31923 (malformed) or 31922 (scheme). */
  | { is: 'refused'; code: string; message: string }

/**
 * The address of a stream as written in the document, without query and fragment. A relative one takes scheme and
 * place from the document's address ("TwiML Stream: url").
 */
export function streamAddress(
  written: string,
  base: string | undefined,
  allowInsecure: boolean,
): StreamAddress {
  const relative = !/^[a-z][a-z0-9+.-]*:/i.test(written)
  const full = relative ? relativeTo(written, base) : written
  if (written === '' || full === undefined || !URL.canParse(full)) {
    return { is: 'refused', code: '31923', message: `Stream: malformed URL: ${written}` }
  }
  const { protocol } = new URL(full)
  if (protocol !== 'wss:' && !(allowInsecure && protocol === 'ws:')) {
    return { is: 'refused', code: '31922', message: `Stream: scheme ${protocol} is not supported` }
  }
  const url = full.replace(/[?#].*$/s, '')
  return { is: 'address', url, hadQuery: full.includes('?') }
}

/** The signature of a stream's upgrade: over the `wss` address alone. */
export function streamSignature(authToken: string, url: string, how: 'exact' | 'trailing-slash'): string {
  return signatureOf(authToken, how === 'trailing-slash' && !url.endsWith('/') ? `${url}/` : url)
}

function relativeTo(written: string, base: string | undefined): string | undefined {
  if (base === undefined || !URL.canParse(written, base)) return undefined
  return new URL(written, base).href.replace(/^http/, 'ws')
}
