/** Import direction: apps -> nest, bus, vault, eventsourcing -> domain -> events. */
const only = (name, from, notTo, comment) => ({ name, comment, severity: 'error', from, to: { path: notTo } });
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    only(
      'events-imports-nothing-of-ours',
      { path: '^libs/events/', pathNot: '\\.spec\\.ts$' },
      '^(apps|libs/(?!events))',
      'the event language stands alone',
    ),
    only(
      'domain-is-pure',
      { path: '^libs/domain/', pathNot: '\\.spec\\.ts$' },
      '^(apps|libs/(?!domain|events))|node_modules/(?!temporal-polyfill|date-holidays|typebox|yaml|ajv)',
      'rules know no framework, clock or database',
    ),
    only(
      'domain-no-io',
      { path: '^libs/domain/', pathNot: '\\.spec\\.ts$' },
      '^(fs|node:fs|net|http|https|child_process)',
      'rules do no input or output',
    ),
    only('libs-not-apps', { path: '^libs/' }, '^apps/', 'a library never imports a process'),
    {
      name: 'apps-not-apps',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: '^apps/standalone/' },
      to: { path: '^apps/(?!standalone)', pathNot: '^apps/$1/' },
    },
    {
      name: 'kafkajs-behind-the-bus',
      severity: 'error',
      from: { pathNot: '^libs/bus/kafka/|^libs/testing/|^tools/faults/' }, // the faults harm Kafka past the product
      to: { path: 'node_modules/kafkajs' },
    },
    {
      name: 'sql-behind-the-store',
      severity: 'error',
      from: { pathNot: '^libs/(eventsourcing|vault|testing)/|read-model|^apps/standalone/|\\.spec\\.ts$' },
      to: { path: 'node_modules/(pg|typeorm)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      conditionNames: ['development', 'import', 'node', 'default'],
      extensions: ['.ts', '.js'],
    },
  },
};
