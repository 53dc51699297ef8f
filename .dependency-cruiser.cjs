// Who may import whom. What a package may use at all is held by pnpm (strict dependencies), `exports` maps and
// TypeScript's project references; this holds what happens inside them.

/** @returns {import('dependency-cruiser').IForbiddenRuleType} */
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

const TEST = '\\.(test|call)\\.ts$'

module.exports = {
  forbidden: [
    rule(
      'everything-resolves',
      'An import that leads nowhere would also slip through every other rule.',
      {},
      { couldNotResolve: true },
    ),
    rule(
      'no-circles',
      'Files that need each other are one file, or miss a third.',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    rule(
      'services-are-islands',
      'Services meet on the bus.',
      { path: '^services/([^/]+)/' },
      { path: '^services/', pathNot: '^services/$1/' },
    ),
    rule(
      'packages-below-services',
      'A package knows no service; only whole-call tests and benches see everything.',
      { path: '^packages/', pathNot: '^packages/call-scripts/' },
      { path: '^services/' },
    ),
    rule(
      'contracts-stand-alone',
      'The words services share depend on zod alone.',
      { path: '^packages/contracts/src/', pathNot: [TEST, '^packages/contracts/src/documents/'] },
      { pathNot: ['^packages/contracts/', 'node_modules/(\\.pnpm/)?zod'] },
    ),
    rule(
      'foundations-stand-alone',
      'machine, audio and redact import nothing but themselves.',
      { path: '^packages/(machine|audio|redact)/src/', pathNot: TEST },
      { pathNot: '^packages/$1/' },
    ),
    rule(
      'layers-of-packages',
      'telephony, realtime-protocol, bus and db build on the foundations and not on each other.',
      { path: '^packages/(telephony|realtime-protocol|bus|db)/src/', pathNot: TEST },
      { path: '^packages/', pathNot: '^packages/($1|contracts|machine|audio|redact)/' },
    ),
    rule(
      'service-kit-below-the-rest',
      'What every service is built with knows the layers below it only.',
      { path: '^packages/service-kit/src/', pathNot: TEST },
      {
        path: '^packages/',
        pathNot: '^packages/(service-kit|contracts|machine|audio|redact|telephony|realtime-protocol|bus|db)/',
      },
    ),
    rule(
      'simulators-know-nothing-of-us',
      'They stand in for other companies: of ours they may use the audio package alone.',
      { path: '^packages/simulators/src/' },
      { path: '^(packages|services)/', pathNot: '^packages/(simulators|audio)/' },
    ),
    rule(
      'core-is-pure',
      'Decisions import the words and the pure packages: no library, no node: module, nothing that waits.',
      { path: '^services/([^/]+)/src/core/', pathNot: TEST },
      { pathNot: ['^services/$1/src/core/', '^packages/(contracts|machine|audio|redact)/'] },
    ),
    rule(
      'tables-behind-repositories',
      'Only repositories and the composition root speak to the database.',
      { path: '^services/', pathNot: ['-repository\\.ts$', '/build-app\\.ts$', '(/|-)stage\\.ts$', TEST] },
      { path: '^packages/db/' },
    ),
    rule(
      'testkit-for-tests',
      'Servers for tests have no place in what is shipped.',
      {
        path: '^(packages|services)/',
        // A stage is what several test files of one folder share.
        pathNot: ['\\.test\\.ts$', '(/|-)stage\\.ts$', '^packages/(testkit|call-scripts)/'],
      },
      { path: '^packages/testkit/' },
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    exclude: { path: '(^|/)(dist|generated)/' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'types', 'import', 'default'],
    },
  },
}
