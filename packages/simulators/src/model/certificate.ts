import { generate } from 'selfsigned'

/** A certificate for loopback and the authority that vouches for it, both made just now, in PEM. */
export type Certificate = { ca: string; cert: string; key: string }

/**
 * Makes a throw-away authority and a server certificate for `localhost`, the loopback addresses and `host`.
 * Clients trust it by `ca` (`options.ca`, or a file named by NODE_EXTRA_CA_CERTS).
 */
export async function makeCertificate(host: string): Promise<Certificate> {
  const options = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const
  const authority = await generate([{ name: 'commonName', value: 'Simulated model authority' }], {
    ...options,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, digitalSignature: true, critical: true },
    ],
  })
  const isAddress = /^[\d.]+$|:/.test(host)
  const server = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...options,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
          ...(isAddress || host === 'localhost' ? [] : [{ type: 2 as const, value: host }]),
        ],
      },
    ],
  })
  return { ca: authority.cert, cert: server.cert, key: server.private }
}
