export * from './language.js';
export * from './envelope.js';
export * from './terms.js';
export * from './feeds.js';
export * from './membership.js';
export * from './consent.js';
export * from './retention.js';
export * from './gateway.js';
