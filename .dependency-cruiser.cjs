/** @type {import('dependency-cruiser').IConfiguration} */
const folders =
  'domain|planning|orchestrations|entities|activities|drivers|store|functions|emulator|audit|cli|torture|bench|tests';
const layer = (from, mayUse, comment) => ({
  name: `${from}-may-use-only-${mayUse.map((m) => m.replace(/\W+/g, '-')).join('-') || 'itself'}`,
  severity: 'error',
  comment,
  from: { path: `^${from}/` },
  to: { path: `^(${folders})/`, pathNot: `^(${[`${from}/`, ...mayUse].join('|')})` },
});
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    layer('domain', [], 'domain/ is the vocabulary. It knows no other folder.'),
    layer('planning', ['domain/'], 'planning/ decides from the facts it is given.'),
    layer(
      'orchestrations',
      ['domain/', 'planning/', 'activities/contracts', 'entities/contracts'],
      'An orchestrator may know the name and shapes of an activity or entity, never its code.',
    ),
    layer('entities', ['domain/'], 'An entity adapts a reducer of domain/ to the durable library.'),
    layer(
      'activities',
      ['domain/', 'planning/', 'drivers/driver', 'store/(?!azure|memory)'],
      'Activities see the interfaces of drivers and stores; functions/ chooses the implementation.',
    ),
    layer('drivers', ['domain/'], 'A driver speaks the words of domain/ and nothing else.'),
    layer('store', ['domain/', 'planning/plan'], 'A store keeps the values of domain/ and the plan.'),
    layer(
      'audit',
      ['drivers/driver'],
      'The auditor shares no rule with the app: a bug there must not blind it.',
    ),
    {
      name: 'only-hosts-and-tests-use-the-emulator',
      severity: 'error',
      comment: 'The app must never know which host it runs on.',
      from: { pathNot: '^(emulator|cli|torture|bench|tests)/' },
      to: { path: '^emulator/' },
    },
    {
      name: 'only-the-command-and-tests-torture',
      severity: 'error',
      comment: 'Nothing that ships to a Function App may know the faults it is tried with.',
      from: { pathNot: '^(torture|cli|tests)/' },
      to: { path: '^torture/' },
    },
    {
      name: 'torture-does-not-know-the-tests',
      severity: 'error',
      from: { path: '^torture/' },
      to: { path: '^(tests|bench)/' },
    },
    {
      name: 'emulator-does-not-know-the-app',
      severity: 'error',
      comment: 'The emulator hosts any v4 app; it must not lean on this one.',
      from: { path: '^emulator/' },
      to: { path: `^(${folders})/`, pathNot: '^emulator/' },
    },
    {
      name: 'pure-code-has-no-packages',
      severity: 'error',
      comment: 'Only zod and luxon may enter pure code.',
      from: { path: '^(domain|planning)/' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'core'], pathNot: 'node_modules/(@types/)?(zod|luxon)/' },
    },
    {
      name: 'no-clock-in-orchestrations',
      severity: 'error',
      comment: 'Time comes from context.df.currentUtcDateTime, instants from activities.',
      from: { path: '^orchestrations/' },
      to: { path: 'node_modules/(@types/)?luxon/' },
    },
    {
      name: 'azure-only-at-the-edge',
      severity: 'error',
      from: { pathNot: '^(functions|drivers/azure|store|emulator|cli|bench|tests)/' },
      to: { path: 'node_modules/(@azure|@azure-rest)/' },
    },
    {
      name: 'durable-functions-at-runtime-only-in-functions',
      severity: 'error',
      comment: 'Elsewhere its types suffice.',
      from: { pathNot: '^(functions|emulator|bench|tests)/|^orchestrations/durable' },
      to: { path: 'node_modules/durable-functions/', dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: '^(dist|coverage)/|recordings/app',
  },
};
