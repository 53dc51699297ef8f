import { startTestInfra, TEST_ROLE_PASSWORD } from '@toritsugi/testkit/infra'

/** Offers real servers to the test files that ask for them; nothing is started before the first one does. */
export default function setUp(): Promise<() => Promise<void>> {
  return startTestInfra(async (url) => {
    // Loaded late: a run that asks for no database does not need the migration engine.
    const { createRoles, migrate } = await import('@toritsugi/db')
    await createRoles({ url, password: () => TEST_ROLE_PASSWORD })
    await migrate({ url })
  })
}
