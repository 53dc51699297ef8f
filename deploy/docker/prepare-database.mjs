// Run once before the services: makes their roles (passwords from the environment) and applies the migrations.
// Harmless when repeated.
import { createRoles, migrate } from '../../packages/db/dist/index.js'

const roles = ['call_control', 'realtime_session', 'handoff', 'transcript']

const url = required('DATABASE_ADMIN_URL')
const passwords = Object.fromEntries(
  roles.map((role) => [role, required(`DATABASE_PASSWORD_${role.toUpperCase()}`)]),
)
await createRoles(url, passwords)
const applied = await migrate({ url })
process.stdout.write(applied.length > 0 ? `applied ${applied.join(', ')}\n` : 'the database is up to date\n')

function required(name) {
  const value = process.env[name]
  if (value) return value
  process.stderr.write(`${name} is not set\n`)
  process.exit(1)
}
