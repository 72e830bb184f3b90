export * from './transport.js';
export { inProcessTransport } from './inprocess/index.js';
export { FEEDS_TOPIC, statementId, toMessage } from './cloudevents.js';
export { findParked, listParked, NO_TENANT, settleParked, type ParkedMessage } from './parked.js';
export {
  PAGES,
  ProcessorServer,
  processorId,
  Unprocessable,
  type Handling,
  type ProcessorOptions,
} from './processor.js';
