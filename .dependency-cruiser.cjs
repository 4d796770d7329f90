/** @type {import('dependency-cruiser').IConfiguration} */
const folders =
  'collections|domain|planning|orchestrations|entities|activities|drivers|store|composition|operatorApi|armApi|notifications|functions|emulator|audit|local|fleets|cli|lab|web|tests';
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
    layer(
      'collections',
      [],
      'collections/ knows nothing of what it holds: neither the app nor the emulator.',
    ),
    layer('domain', [], 'domain/ is the vocabulary. It knows no other folder.'),
    layer('planning', ['domain/', 'collections/'], 'planning/ decides from the facts it is given.'),
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
    layer(
      'notifications',
      ['domain/', 'store/(?!azure|memory)'],
      'Notices are read off the audit, whatever the app does beside.',
    ),
    layer(
      'web',
      ['audit/', 'drivers/driver'],
      'The dashboard knows the app over its API alone; the certificate is judged by the auditor, which is no part of the app.',
    ),
    layer(
      'drivers',
      ['collections/', 'domain/'],
      'A driver speaks the words of domain/, and nothing else of the app.',
    ),
    layer(
      'composition',
      ['domain/', 'drivers/', 'store/', 'activities/', 'notifications/'],
      'Putting the app together and letting requests in is below what its two APIs do.',
    ),
    ...['operatorApi', 'armApi'].map((api) =>
      layer(
        api,
        [
          'domain/',
          'planning/',
          'drivers/',
          'store/',
          'activities/',
          'composition/',
          'notifications/',
          'orchestrations/contracts',
          'entities/contracts',
        ],
        'Each API does its own; neither leans on the other, and both know orchestrations and entities by contract alone.',
      ),
    ),
    layer('store', ['domain/', 'planning/plan'], 'A store keeps the values of domain/ and the plan.'),
    layer(
      'audit',
      ['collections/', 'drivers/driver'],
      'The auditor shares no rule with the app: a bug there must not blind it. In collections/ there are none.',
    ),
    {
      name: 'the-app-does-not-know-what-surrounds-it',
      severity: 'error',
      comment:
        'What ships to a Function App must not know which host it runs on, nor the commands and experiments around it.',
      from: {
        path: '^(collections|domain|planning|orchestrations|entities|activities|drivers|store|composition|operatorApi|armApi|notifications|functions)/',
      },
      to: { path: '^(emulator|local|fleets|cli|lab|audit|web)/' },
    },
    {
      name: 'only-functions-register',
      severity: 'error',
      comment: 'functions/ is what the host loads; nothing of the app leans on it.',
      from: {
        path: '^(collections|domain|planning|orchestrations|entities|activities|drivers|store|composition|operatorApi|armApi|notifications|local|fleets|lab|cli|audit)/',
      },
      to: { path: '^functions/' },
    },
    layer(
      'fleets',
      ['domain/', 'drivers/'],
      'Made-up fleets are fleet files; they need the words of a fleet and no more.',
    ),
    layer(
      'local',
      [
        'collections/',
        'domain/',
        'drivers/',
        'composition/',
        'emulator/',
        'audit/',
        'armApi/',
        'store/',
        'orchestrations/contracts',
      ],
      'local/ hosts the app on this machine; the commands and the experiments use it.',
    ),
    {
      name: 'lab-does-not-know-the-commands',
      severity: 'error',
      comment: 'The commands run the experiments, never the other way round.',
      from: { path: '^lab/' },
      to: { path: '^(tests|cli)/' },
    },
    {
      name: 'emulator-does-not-know-the-app',
      severity: 'error',
      comment: 'The emulator hosts any v4 app; it must not lean on this one.',
      from: { path: '^emulator/' },
      to: { path: `^(${folders})/`, pathNot: '^(emulator|collections)/' },
    },
    {
      name: 'pure-code-has-no-packages',
      severity: 'error',
      comment: 'Only zod and luxon may enter pure code.',
      from: { path: '^(collections|domain|planning)/' },
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
      from: {
        pathNot: '^(functions|armApi|operatorApi|composition|drivers/azure|store|emulator|local|lab|tests)/',
      },
      to: { path: 'node_modules/(@azure|@azure-rest)/' },
    },
    {
      name: 'durable-functions-at-runtime-only-in-functions',
      severity: 'error',
      comment: 'Elsewhere its types suffice.',
      from: {
        pathNot:
          '^(functions|armApi|operatorApi|emulator|lab|tests)/|^(orchestrations/durable|composition/hostClient)',
      },
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
