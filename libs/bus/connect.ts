import { Catch, type INestApplication, type RpcExceptionFilter } from '@nestjs/common';
import type { NestMicroservice } from '@nestjs/microservices';
import { throwError } from 'rxjs';
import type { ProcessorServer } from './processor.js';

/** Hands a handler's own error to the processor, which tells transient from permanent by it. */
@Catch()
class PassErrorOn implements RpcExceptionFilter {
  catch(error: unknown) {
    return throwError(() => error);
  }
}

/**
 * Gives the application's `@EventPattern` handlers of this processor to it; they run from `startAllMicroservices` on.
 * Nest wraps the handlers when it initialises the connection, and a filter added after that is never asked: each error would reach the
 * processor as a plain "Internal server error", neither transient nor unprocessable. So the filter comes first.
 */
export function connectProcessor(app: INestApplication, processor: ProcessorServer): void {
  const connected = app.connectMicroservice({ strategy: processor }, { deferInitialization: true });
  connected.useGlobalFilters(new PassErrorOn());
  (connected as NestMicroservice).setIsInitHookCalled(true); // the application itself calls its providers' hooks, once
}
