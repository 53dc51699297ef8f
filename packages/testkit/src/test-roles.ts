/** The password every role of a test database is given. */
export const TEST_ROLE_PASSWORD = 'test'
