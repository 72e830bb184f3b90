import { parse } from 'csv-parse/sync';
import { Type, type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { parseInstant } from '#domain';
import { Category, oneOf, type Rule } from '#events';
import type { Cause, Transaction } from '#eventsourcing';
import { HttpProblem, invalid, refusalProblem, type ServiceKit } from '#nest';
import { isPhone, phoneNumber } from './identity.js';
import { EmailText, LinkValue, NameText } from './people.dto.js';
import { isBirthDate, phoneBan } from './personal.js';
import { recordPeople, type PersonEntry } from './record.js';

/** A listing may leave out the phone numbers, or bring the names that people go by in the app. */
const OPTIONAL = ['phone', 'alias'];
const REQUIRED = ['crmId', 'hrId', 'name', 'email', 'dateOfBirth', 'category', 'status', 'from'];
const HEADER = 'crmId,hrId,name,email,phone,dateOfBirth,category,status,from[,alias]';
/** Rows whose people are looked up and recorded together. */
const PAGE = 1_000;

/** A row without its empty cells. */
const Row = Type.Object(
  {
    crmId: Type.Optional(LinkValue),
    hrId: Type.Optional(LinkValue),
    name: Type.Optional(NameText),
    email: Type.Optional(EmailText),
    phone: Type.Optional(Type.String({ maxLength: 40 })),
    dateOfBirth: Type.Optional(Type.String({ format: 'date' })),
    category: Type.Optional(Category),
    status: Type.Optional(oneOf('active', 'ended')),
    from: Type.Optional(Type.String()),
    alias: Type.Optional(LinkValue),
  },
  { additionalProperties: false },
);
type Row = Static<typeof Row>;
const rowForm = Compile(Row);

/** A row that was not taken in: its number (the header is row 1), the field and the rule it breaks, never a value. */
export interface RejectedRow {
  readonly row: number;
  readonly field: string;
  readonly rule: string;
}
type Numbered<T> = { readonly row: number } & T;
type Fault = { readonly field: string; readonly rule: string };
type ReadRow = Numbered<Fault | { readonly cells: Record<string, string> }>;

/** How an import went: rows that said something new, rows that did not, and rows that could not be taken in. */
export interface ImportResult {
  readonly accepted: number;
  readonly unchanged: number;
  /** Numbers that were left out of rows taken in, because their people have not agreed to that (AMZ-112). */
  readonly phonesLeftOut: number;
  readonly rejected: readonly RejectedRow[];
}

/**
 * Takes in a CSV listing of people as of `asOf` (house form). Each row stands for itself: a bad one is reported and costs no other.
 * Phone numbers where none are kept are another matter: the whole listing is refused (HSU-04).
 * Throws the problem that names the columns when the header is another.
 */
export async function importPeople(
  kit: ServiceKit,
  tx: Transaction,
  cause: Cause,
  { text, source, asOf }: { text: string; source: string; asOf: string },
): Promise<ImportResult> {
  const rows = rowsOf(text);
  const ban = await phoneBan(tx);
  if (ban) refusePhones(rows, ban);
  const checked = rows.map(({ row, ...read }) => ({
    row,
    ...('rule' in read ? read : entryOf(read.cells, { source, asOf, now: tx.now })),
  }));
  const entries = checked.filter((item): item is Numbered<PersonEntry> => !('rule' in item));
  const rejected: RejectedRow[] = checked.filter((item): item is Numbered<Fault> => 'rule' in item);
  let accepted = 0;
  let phonesLeftOut = 0;
  for (let from = 0; from < entries.length; from += PAGE) {
    const page = entries.slice(from, from + PAGE);
    const results = await recordPeople(kit, tx, cause, page);
    results.forEach((result, index) => {
      const { row } = page[index]!;
      if ('refused' in result) rejected.push({ row, ...REFUSALS[result.refused] });
      else {
        if (result.isChanged) accepted += 1;
        if (result.isPhoneLeftOut) phonesLeftOut += 1;
      }
    });
  }
  rejected.sort((a, b) => a.row - b.row);
  return { accepted, unchanged: checked.length - accepted - rejected.length, rejected, phonesLeftOut };
}

/** A listing with a phone number where none may be kept is not taken in at all, so that nothing of it is stored (HSU-04). */
function refusePhones(rows: readonly ReadRow[], rules: readonly Rule[]): void {
  const errors = rows.flatMap((read) => {
    const { phone, alias } = 'rule' in read ? {} : (read.cells as Record<string, string | undefined>);
    const fields = [
      ...(phone === undefined ? [] : ['phone']),
      ...(alias !== undefined && isPhone({ kind: 'alias', value: alias }) ? ['alias'] : []),
    ];
    return fields.map((field) => ({ field: `row ${read.row}/${field}`, rule: 'must not be a phone number' }));
  });
  if (errors.length === 0) return;
  const because = 'By the policy in force no phone numbers are kept, so nothing of this listing was stored.';
  const refusal = { refused: 'PhonesAreNotKept', because, rules, evidence: [] };
  throw new HttpProblem({ ...refusalProblem(refusal), errors: errors.slice(0, 100) });
}

const REFUSALS: Readonly<Record<'LinksDisagree' | 'SubjectErased', Fault>> = {
  LinksDisagree: { field: 'crmId', rule: 'and hrId name two different people' },
  SubjectErased: { field: 'crmId', rule: 'names a person whose data was erased' },
};

/** The rows that are not blank, each by itself: a stray quotation mark spoils its own row and not those below. */
function rowsOf(text: string): ReadRow[] {
  const [first = '', ...rest] = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  const names = (cellsOf([first])[0] ?? []).map((name) => name.trim());
  const required = names.filter((name) => !OPTIONAL.includes(name)).toSorted();
  const isDistinct = new Set(names).size === names.length;
  if (!isDistinct || required.join() !== REQUIRED.toSorted().join())
    throw invalid([{ field: 'header', rule: `must name the columns ${HEADER}` }]);
  const lines = rest.map((line, index) => ({ row: index + 2, line })).filter(({ line }) => line.trim() !== '');
  const rows: ReadRow[] = [];
  for (let from = 0; from < lines.length; from += BLOCK) {
    const block = lines.slice(from, from + BLOCK);
    const cells = cellsOf(block.map(({ line }) => line));
    block.forEach(({ row }, index) => rows.push({ row, ...readRow(names, cells[index]) }));
  }
  return rows;
}

/** Lines handed to the CSV parser at once. */
const BLOCK = 500;

/** The cells of each line; undefined for one that is not CSV by itself. Lines that do not parse together are halved until the bad one is found. */
function cellsOf(lines: readonly string[]): (string[] | undefined)[] {
  try {
    const records = parse(lines.join('\n'), { record_delimiter: '\n', relax_column_count: true });
    if (records.length === lines.length) return records;
  } catch {
    // found below
  }
  if (lines.length === 1) return [undefined];
  const half = Math.ceil(lines.length / 2);
  return [...cellsOf(lines.slice(0, half)), ...cellsOf(lines.slice(half))];
}

function readRow(names: readonly string[], cells: string[] | undefined): Fault | { cells: Record<string, string> } {
  if (!cells) return { field: 'row', rule: 'is not well-formed CSV; look at its quotation marks' };
  if (cells.length !== names.length) return { field: 'row', rule: `must have ${names.length} fields, like the header` };
  const filled = cells.map((cell, nth) => [names[nth]!, cell.trim()] as const).filter(([, cell]) => cell !== '');
  return { cells: Object.fromEntries(filled) };
}

interface Listing {
  readonly source: string;
  readonly asOf: string;
  readonly now: string;
}

function entryOf(cells: Record<string, string>, { source, asOf, now }: Listing): PersonEntry | Fault {
  if (!rowForm.Check(cells)) {
    const fault = rowForm.Errors(cells)[0]!;
    return { field: fault.instancePath.slice(1) || 'row', rule: fault.message };
  }
  const { crmId, hrId, name, email, dateOfBirth, alias } = cells;
  const phone = cells.phone === undefined ? undefined : phoneNumber(cells.phone);
  const from = cells.from === undefined ? undefined : (parseInstant(cells.from) ?? undefined);
  const fault = faultIn(cells, { phone, from, now });
  if (fault) return fault;
  const link = (kind: 'crmId' | 'hrId' | 'phone' | 'alias', value: string | undefined) =>
    value === undefined ? [] : [{ kind, value }];
  const { category, status } = cells;
  return {
    links: [...link('crmId', crmId), ...link('hrId', hrId)],
    hints: [...link('phone', phone), ...link('alias', alias)],
    source,
    reportedAt: asOf,
    statuses: category && status && from ? [{ category, status, from }] : [],
    isListing: true,
    values: { name, email, phone, dateOfBirth },
  };
}

/** What the form of a row cannot say. */
function faultIn(cells: Row, { phone, from, now }: { phone?: string; from?: string; now: string }): Fault | undefined {
  const { crmId, hrId, category, status, dateOfBirth } = cells;
  if (crmId === undefined && hrId === undefined) return { field: 'crmId', rule: 'or hrId must be given' };
  if (cells.phone !== undefined && phone === undefined) return { field: 'phone', rule: 'must be a phone number' };
  if (dateOfBirth !== undefined && !isBirthDate(dateOfBirth, now))
    return { field: 'dateOfBirth', rule: 'must be a date on which somebody living was born' };
  const given = [category, status, cells.from].filter((cell) => cell !== undefined).length;
  if (given > 0 && given < 3) return { field: 'category', rule: 'status and from must be given together' };
  if (cells.from !== undefined && from === undefined)
    return { field: 'from', rule: 'must be an RFC 3339 date-time between 1900 and 2200' };
  return undefined;
}
