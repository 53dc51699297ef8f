/** Where the workers of a run find what they share. */
export const INFRA_VARIABLE = 'TORITSUGI_TEST_INFRA_URL'
