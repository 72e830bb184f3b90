import type { CaptureRow } from './captures.read-model.js';
import { REASONS, type Reason } from './export/unreadable.js';

/** An export as it is answered, with the reason of a failure in words. */
export function viewOf({ isStalled: _isStalled, ...row }: CaptureRow): object {
  return { ...row, detail: row.reason === null ? null : REASONS[row.reason as Reason] };
}
