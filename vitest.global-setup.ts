import { startTestInfra, TEST_ROLE_PASSWORD } from '@toritsugi/testkit/infra'

/** Offers real servers to the test files that ask for them; nothing is started before the first one does. */
export default function setUp(): Promise<() => Promise<void>> {
  return startTestInfra(async (url) => {
    // Loaded late: a run that asks for no database does not need the migration engine.
    const { createRoles, migrate } = await import('@toritsugi/db')
    await createRoles(url, {
      call_control: TEST_ROLE_PASSWORD,
      realtime_session: TEST_ROLE_PASSWORD,
      handoff: TEST_ROLE_PASSWORD,
      transcript: TEST_ROLE_PASSWORD,
    })
    await migrate({ url })
  })
}
