export * from './database.js';
export * from './migrate.js';
export * from './projection.js';
export * from './errors.js';
export * from './store.js';
export { Appender } from './appender.js';
export * from './commands.js';
export { Relay, readSequenced, type RelayOptions, type SequencedEvent } from './relay.js';
export { Sweeper, type SweeperOptions } from './sweeper.js';
