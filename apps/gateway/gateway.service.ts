import { Module } from '@nestjs/common';
import { policySlice, service } from '#nest';
import { access } from './access/access.slice.js';
import { clock } from './clock/clock.slice.js';
import { history } from './history/history.slice.js';
import { holdings } from './holdings/holdings.slice.js';
import { profiles } from './profiles/profiles.slice.js';

@Module({})
class GatewayModule {}

/** The one public door: identity, tenancy, policy, history. */
export const gateway = service('gateway', GatewayModule, [
  policySlice('gateway'),
  access,
  profiles,
  clock,
  history,
  holdings,
]);
