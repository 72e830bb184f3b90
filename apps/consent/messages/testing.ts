import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';

/** What a mail server says to a mail: takes it, says no with a code, or says nothing until `answer` is called. */
export type Manner = 'takes' | 450 | 550 | 'hangs';

/** A real mail server on this machine that keeps what it is given. */
export interface Mailbox {
  /** Settings that make the product write through it. */
  readonly env: Readonly<Record<string, string>>;
  /** What it took, and to whom, in order. */
  readonly mails: readonly (Email & { readonly recipients: readonly string[] })[];
  /** How many mails it was given, whatever it said to them. */
  readonly offered: () => number;
  /** How it behaves from now on; at the recipient's address, or once it has the whole mail (`afterData`). */
  readonly behave: (manner: Manner, afterData?: boolean) => void;
  /** Says yes to all it has been silent on. */
  readonly answer: () => void;
  readonly close: () => Promise<void>;
}

/** Opens it on a free port. Close it at the end, after the product. */
export async function openMailbox(): Promise<Mailbox> {
  const mails: (Email & { recipients: readonly string[] })[] = [];
  const silent: (() => void)[] = [];
  let offered = 0;
  let manner: Manner = 'takes';
  let isAfterData = false;
  const say = (done: (error?: Error | null) => void) => {
    if (manner === 'takes') done();
    else if (manner === 'hangs') silent.push(() => done());
    else done(Object.assign(new Error('No, and the address is in these words'), { responseCode: manner }));
  };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    closeTimeout: 100,
    onRcptTo: (_address, _session, done) => (isAfterData ? done() : (offered++, say(done))),
    onData: (stream, session, done) => {
      const bytes: Buffer[] = [];
      stream.on('data', (some: Buffer) => bytes.push(some));
      stream.on('end', () => {
        if (isAfterData) offered++;
        const recipients = session.envelope.rcptTo.map(({ address }) => address);
        void PostalMime.parse(Buffer.concat(bytes)).then((mail) => {
          mails.push({ ...mail, recipients });
          if (isAfterData) say(done);
          else done();
        });
      });
    },
  });
  server.on('error', () => undefined); // a client that hangs up is what some tests are about
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return {
    env: {
      SMTP_URL: `smtp://127.0.0.1:${port}`,
      MAIL_FROM: 'Groups <groups@party.example>',
      SMTP_TIMEOUT_SECONDS: '5',
    },
    mails,
    offered: () => offered,
    behave: (how, afterData = false) => {
      manner = how;
      isAfterData = afterData;
    },
    answer: () => silent.splice(0).forEach((speak) => speak()),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
