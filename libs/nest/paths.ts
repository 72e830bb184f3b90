import type { Service } from '#events';

/** First path segments under /v1 that each service answers: the gateway hands requests on by them, knowing nothing else of the service. */
export const PATHS: Readonly<Record<Service, readonly string[]>> = {
  gateway: ['organisation', 'organisations', 'keys', 'profiles', 'history', 'clock'],
  membership: ['people', 'groups', 'dormant-groups', 'activities', 'removal-orders', 'feeds', 'rotas', 'guidance'],
  consent: [
    'consents',
    'alternative-channels',
    'follow-ups',
    'invitations',
    'texts',
    'agreements',
    'welcomes',
    'acknowledgements',
    'comprehension-checks',
    'messages',
  ],
  retention: [
    'retention-items',
    'retention-schedules',
    'disposal-certificates',
    'deletion-tasks',
    'holds',
    'retention-notices',
    'rights-requests',
    'business-records',
    'record-systems',
    'captures',
    'kept-messages',
    'conversations',
    'approvals',
    'breaches',
    'incidents',
    'devices',
    'reviews',
  ],
};
