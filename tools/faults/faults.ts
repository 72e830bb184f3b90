import type { Fault } from './fault.js';
import { killServices } from './f01-kill-services.js';
import { killBetweenCommits } from './f02-kill-between-commits.js';
import { rollingRestart } from './f03-rolling-restart.js';
import { killBrokers } from './f04-kill-brokers.js';
import { kafkaAway } from './f05-kafka-away.js';
import { crashPostgres } from './f07-crash-postgres.js';
import { stutter } from './f09-stutter.js';
import { poisoned } from './f10-poison.js';
import { clocks } from './f11-clocks.js';
import { diskFull } from './f12-disk-full.js';
import { twoOfEverything } from './f13-two-of-everything.js';
import { longTransaction } from './f20-long-transaction.js';
import { killStandalone } from './f21-kill-standalone.js';

/** Everything that is broken, in the order it is broken in: each goes on where the one before it ended. */
export const FAULTS: readonly Fault[] = [
  killServices,
  killBetweenCommits,
  rollingRestart,
  killBrokers,
  kafkaAway,
  crashPostgres,
  stutter,
  poisoned,
  clocks,
  diskFull,
  twoOfEverything,
  longTransaction,
  killStandalone,
];
