import { runService } from '#nest/distributed';
import { consent } from './consent.service.js';

await runService(consent, process.env, ['membership']);
