import { z } from 'zod'

/** What an API key may do: each includes the one before it. */
export const Scope = z.enum(['viewer', 'operator', 'admin']).meta({ id: 'Scope' })
export type Scope = z.infer<typeof Scope>

/** True when a key of scope `has` may do what needs scope `needs`. */
export const scopeCovers = (has: Scope, needs: Scope): boolean =>
  Scope.options.indexOf(has) >= Scope.options.indexOf(needs)
