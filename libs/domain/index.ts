export * from './decider.js';
export * from './policy/policy.js';
export * from './calendar/calendar.js';
