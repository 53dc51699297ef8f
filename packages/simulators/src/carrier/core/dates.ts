/** RFC 2822, as the REST API writes dates: `Sat, 21 Nov 2026 05:00:00 +0000`. */
export function rfc2822(date: Date): string {
  return date.toUTCString().replace('GMT', '+0000')
}
