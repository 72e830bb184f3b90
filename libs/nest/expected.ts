/** What a field has to be, in words: whoever sent it wrong reads the answer, and no pattern tells them what to send instead. */

const WORDS: Readonly<Record<string, string>> = {
  '^[A-Za-z0-9][A-Za-z0-9_.:@/-]{0,79}$':
    'must be a word of 1 to 80 letters, digits and the signs _ . : @ / -, beginning with a letter or digit, without spaces',
  '^(\\*|[A-Za-z0-9][A-Za-z0-9_.:@/-]{0,79})$':
    'must be * or a word of 1 to 80 letters, digits and the signs _ . : @ / -, beginning with a letter or digit, without spaces',
  '^[A-Za-z0-9._-]{1,80}$': 'must be 1 to 80 letters, digits and the signs . _ -',
  '^[a-z][a-z0-9_]{0,59}$': 'must be 1 to 60 small letters, digits and underscores, beginning with a letter',
  '^[a-z][a-z0-9_-]{0,59}$': 'must be 1 to 60 small letters, digits, underscores and hyphens, beginning with a letter',
  '^[a-z][a-z_]{0,59}$': 'must be 1 to 60 small letters and underscores, beginning with a letter',
  '^[0-9a-f]{16}$': 'must be a version as the texts show it: 16 digits and letters from a to f',
  '^[0-9a-f]{64}$': 'must be a SHA-256 in 64 digits and letters from a to f',
  '^([01][0-9]|2[0-3]):[0-5][0-9]$': 'must be a time of day such as 08:30',
  '^[A-Z]{2,8}-[0-9]{1,4}$': 'must be the id of an obligation such as LD-09',
  '^https://chat\\.whatsapp\\.com/[A-Za-z0-9/_-]{8,60}$':
    'must be a link into a group as the app gives it: https://chat.whatsapp.com/ and a code',
  '^[A-Za-z]+(/[A-Za-z0-9_+-]+){0,2}$': 'must be the name of a time zone such as Europe/London',
  '^[A-Za-z]{1,20}:[^]{1,200}$': 'must be the kind of an identifier, a colon and its value, such as crmId:4711',
  '^P(?=.*[1-9])(?=[0-9]|T[0-9])([0-9]{1,2}Y)?([0-9]{1,3}M)?([0-9]{1,3}W)?([0-9]{1,4}D)?(T(?=[0-9])([0-9]{1,4}H)?([0-9]{1,4}M)?)?$':
    'must be a duration such as P6Y, P30D or PT1H, and not zero',
  '^[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f]*$': 'must be text without control characters',
  '^[^\\x00-\\x1f\\x7f]+$': 'must be one line of text without control characters',
  '^[^\\x00]+$': 'must be text without null characters',
  '\\S': 'must say something: it is blank',
};

const FORMATS: Readonly<Record<string, string>> = {
  uuid: 'must be a UUID',
  'date-time': 'must be a date and time with its offset, such as 2026-05-01T09:00:00Z',
  date: 'must be a date such as 2026-05-01',
  email: 'must be an email address',
  uri: 'must be a URL',
};

/** What a check of a schema found of one value. */
interface Fault {
  readonly keyword: string;
  readonly params: object;
  readonly message: string;
}

interface Params {
  readonly pattern?: string | RegExp;
  readonly format?: string;
  readonly allowedValues?: readonly unknown[];
}

/** The rule that a value breaks, in words; never the value. */
export function expected({ keyword, params, message }: Fault): string {
  const { pattern = '', format = '', allowedValues = [] } = params as Params;
  if (keyword === 'pattern')
    return WORDS[pattern.toString()] ?? 'must have the form that the description of the API gives';
  if (keyword === 'format') return FORMATS[format] ?? message;
  return keyword === 'enum' ? `must be one of: ${allowedValues.join(', ')}` : message;
}
