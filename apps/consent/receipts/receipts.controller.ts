import { Inject } from '@nestjs/common';
import { Type } from 'typebox';
import {
  closed,
  Command,
  Incoming,
  notFound,
  PUBLIC_URL,
  Read,
  recorded,
  Resource,
  ServiceKit,
  type Call,
  type CallOf,
} from '#nest';
import { makeKey } from './keys.js';
import { KeyRotated, Receipt, ReceiptQuery } from './receipts.dto.js';
import { receiptOf } from './receipts.js';

/** What a person holds in hand as proof of what they agreed to (LD-09, LD-10, AMZ-111). */
@Resource('consents', 'Consent')
export class ReceiptsController {
  constructor(
    @Inject(ServiceKit) private readonly kit: ServiceKit,
    @Inject(PUBLIC_URL) private readonly publicUrl: string | undefined,
  ) {}

  @Read('receipt', {
    scopes: ['admin', 'moderator', 'auditor', 'member'],
    summary: 'The receipt of what a person agreed to in a group, signed by the organisation',
    description:
      'Made from the history at every asking and kept nowhere. It says so when the consent was taken back or has run out. The first one makes the organisation’s key.',
    query: ReceiptQuery,
    answers: Receipt,
  })
  async read(@Incoming() { tx, query, cause }: CallOf<never, typeof ReceiptQuery>) {
    const found = await receiptOf(this.kit, tx, { cause, publicUrl: this.publicUrl }, query);
    if (!found) throw notFound('consent');
    return found;
  }

  @Command('receipt-keys/rotate', {
    scopes: ['admin'],
    summary: 'Signs receipts with a new key from now on',
    description: 'Keys used before stay published: receipts signed with them go on being verifiable.',
    body: Type.Object({}, closed),
    answers: KeyRotated,
  })
  async rotate(@Incoming() { tx, cause }: Call) {
    const { outcome, kid } = await makeKey(this.kit, tx, cause, 'RotateKey');
    return recorded(outcome, { kid });
  }
}
