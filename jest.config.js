/** @type {import('jest').Config} */
export default {
  globalSetup: '<rootDir>/jest.build.js',
  testSequencer: '<rootDir>/jest.sequencer.js',
  testMatch: ['<rootDir>/{apps,libs,tools,policies,docs}/**/*.spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleNameMapper: {
    '^#bus/kafka$': '<rootDir>/libs/bus/kafka/index.ts',
    '^#nest/distributed$': '<rootDir>/libs/nest/distributed.ts',
    '^#eventsourcing/embedded$': '<rootDir>/libs/eventsourcing/embedded.ts',
    '^#(domain|events|eventsourcing|bus|vault|nest)$': '<rootDir>/libs/$1/index.ts',
    '^(\\.{1,2}/.*(?<!\\.json))\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/data/', '<rootDir>/tools/bench/node_modules/'],
  // A bound on waiting, for a machine that does much else.
  testTimeout: 120_000,
  maxWorkers: 2,
};
