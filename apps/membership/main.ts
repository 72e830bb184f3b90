import { runService } from '#nest/distributed';
import { membership } from './membership.service.js';

await runService(membership);
