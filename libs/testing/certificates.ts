import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const OPENSSL = process.env['OPENSSL'] ?? 'openssl';

/** A certificate for 127.0.0.1 that is its own root, and its private key: paths of PEM files. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Makes a real certificate in the folder, good for two days. Needs the program `openssl`, and fails without it. */
export function makeCertificate(folder: string, name: string): Certificate {
  const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const whom = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  execFileSync(OPENSSL, ['req', '-x509', ...kind, ...whom, '-keyout', key, '-out', cert], { stdio: 'pipe' });
  return { cert, key };
}
