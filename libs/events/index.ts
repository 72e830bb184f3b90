export * from './language.js';
export * from './envelope.js';
