export * from './transport.js';
export { inProcessTransport } from './inprocess/index.js';
export { connectProcessor } from './connect.js';
export { statementId, toMessage, traceparentOf } from './cloudevents.js';
export { findParked, listParked, settleParked, type ParkedMessage } from './parked.js';
export { Unprocessable } from './handling.js';
export { PAGES, ProcessorServer, processorId, type Handling, type ProcessorOptions } from './processor.js';
