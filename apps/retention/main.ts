import { runService } from '#nest/distributed';
import { retention } from './retention.service.js';

await runService(retention, process.env, ['gateway', 'membership', 'consent']);
