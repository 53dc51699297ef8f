import { busUsers, type Secrets } from './secrets.ts'

/** What the configuration of nats-server calls the passwords of its users. */
export function busPasswords({ bus }: Pick<Secrets, 'bus'>): Record<string, string> {
  return Object.fromEntries(busUsers.map((user) => [passwordVariable(user), bus[user]]))
}

function passwordVariable(user: string): string {
  return `NATS_PASSWORD_${user.toUpperCase().replaceAll('-', '_')}`
}
