import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Eta } from 'eta';
import type { DisposedItem } from '#domain';
import type { CertificateRow } from './certificates.read-model.js';

const folder = join(dirname(fileURLToPath(import.meta.url)), 'views');
const css = readFileSync(join(folder, 'certificate.css'), 'utf8');
const eta = new Eta({ views: folder, cache: true, autoEscape: true });

const OUTCOMES: Readonly<Record<DisposedItem['outcome'], string>> = {
  attested: 'deleted, by word',
  not_possible: 'could not be deleted',
  transferred: 'handed over',
};
const REASONS: Readonly<Record<string, string>> = {
  sender_gone: 'its sender has gone',
  device_lost: 'the device was lost',
  too_late_for_everyone: 'too late to delete it for everyone',
  held_by_others: 'others hold it',
};
const SCOPES = { everyone: 'for everyone', own_device: 'on their own device' } as const;

/** A certificate as a page to read and print, without script. Times are told on the wall clock of the zone. */
export function certificatePage(row: CertificateRow & { readonly isVerified: boolean }, timeZone: string): string {
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'medium', timeStyle: 'short' });
  const at = (instant: string) => clock.format(new Date(instant));
  const items = row.content.items.map((item) => ({
    ...item,
    sentAt: at(item.startsAt),
    endedAt: at(item.expiredAt),
    wordAt: at(item.saidAt),
    rules: item.schedule
      ? `schedule ${item.schedule.number} (${item.schedule.contentVersion})`
      : 'policy or own period',
    how: [
      OUTCOMES[item.outcome],
      ...(item.scope ? [SCOPES[item.scope]] : []),
      ...(item.reason ? [REASONS[item.reason] ?? item.reason] : []),
    ].join(', '),
    late: lateness(item.lateBySeconds),
  }));
  return eta.render('./certificate', {
    ...row,
    css,
    timeZone,
    items,
    issued: at(row.issuedAt),
    counts: row.content.counts,
  });
}

/** Seconds as days and hours, rounded up to the hour. */
function lateness(seconds: number): string {
  if (seconds === 0) return 'in time';
  const hours = Math.ceil(seconds / 3_600);
  const [days, rest] = [Math.floor(hours / 24), hours % 24];
  return [...(days > 0 ? [`${days} d`] : []), ...(rest > 0 ? [`${rest} h`] : [])].join(' ');
}
