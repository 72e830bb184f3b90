import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { parse } from 'yaml';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const text = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const SERVICES = ['gateway', 'membership', 'consent', 'retention'];

interface Manifest {
  readonly imports: Readonly<Record<string, { readonly development: string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}
const manifest = JSON.parse(text('package.json')) as Manifest;

/** Packages that a program imports when it runs (with the file that does), and the files of ours on the way; types fall away as in the build. */
function importsOf(entry: string): { packages: Map<string, string>; files: string[] } {
  const packages = new Map<string, string>();
  const seen = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, experimentalDecorators: true };
    const { outputText } = ts.transpileModule(readFileSync(file, 'utf8'), {
      compilerOptions: { ...options, emitDecoratorMetadata: true },
    });
    for (const { fileName: name } of ts.preProcessFile(outputText).importedFiles) {
      const alias = manifest.imports[name]?.development;
      if (alias) visit(join(ROOT, alias));
      else if (name.startsWith('.')) visit(resolve(dirname(file), name.replace(/\.js$/, '.ts')));
      else packages.set(/^(@[^/]+\/)?[^/]+/.exec(name)![0], file);
    }
  };
  visit(join(ROOT, entry));
  return { packages, files: [...seen] };
}

describe('the image', () => {
  const programs = [
    ...SERVICES.map((service) => `apps/${service}/main.ts`),
    'tools/migrate.ts',
    'tools/rebuild.ts',
    'tools/erasures.ts',
    'tools/replay/main.ts',
  ];

  it.each(programs)('%s imports nothing that the image does not install', (program) => {
    const { packages, files } = importsOf(program);
    const foreign = [...packages].filter(([name]) => !name.startsWith('node:') && !builtinModules.includes(name));
    expect(foreign.length).toBeGreaterThan(5); // the walk went somewhere
    expect(foreign.filter(([name]) => !(name in manifest.dependencies))).toEqual([]);
    // The image has no embedded database; only the list of erasures can use one, and loads it when it is given a folder.
    const embedded = files.filter((file) => file.endsWith('eventsourcing/embedded.ts'));
    expect(embedded).toHaveLength(program === 'tools/erasures.ts' ? 1 : 0);
  });

  const stages = text('Dockerfile')
    .split(/^FROM /m)
    .slice(1);

  it('[R59] is built and run on the Node that the lock file pins', () => {
    const major = manifest.devDependencies['node']!.split('.')[0]!;
    for (const stage of stages) expect(stage).toMatch(new RegExp(`^node:${major}-slim\\b`));
  });

  it('runs as an ordinary user, with production’s dependencies, and says whether it is ready', () => {
    const last = stages.at(-1)!;
    expect(last).toMatch(/^USER node$/m);
    expect(last.indexOf('USER node')).toBeGreaterThan(last.lastIndexOf('COPY'));
    expect(last).toMatch(/^HEALTHCHECK [^]*\/health\/ready/m);
    expect(last).not.toMatch(/npm|^COPY \. /m);
    expect(stages.find((stage) => stage.includes(' AS dependencies'))).toContain('npm ci --omit=dev --ignore-scripts');
  });

  it('is made of named folders only, so that no key, data or setting of this machine gets in', () => {
    const [first, ...rest] = text('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(first).toBe('*');
    const allowed = rest.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    expect(allowed).toEqual([
      'package.json',
      'package-lock.json',
      'LICENSE',
      '.swcrc',
      'apps',
      'libs',
      'tools',
      'policies',
    ]);
    for (const name of allowed) expect(existsSync(join(ROOT, name))).toBe(true);
  });
});

interface Service {
  readonly image: string;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly ports?: readonly string[];
  readonly networks: readonly string[];
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

describe('docker-compose.yml', () => {
  const source = text('docker-compose.yml');
  const compose = parse(source, { merge: true }) as {
    services: Record<string, Service>;
    networks: Record<string, { internal?: boolean } | null>;
  };
  const { services } = compose;
  const interpolations = [...source.replace(/^\s*#.*$/gm, '').matchAll(/(?<!\$)\$\{(\w+)([^}]*)\}/g)];

  it('runs the broker, the database, a migration and the four services', () => {
    expect(Object.keys(services).sort()).toEqual([...SERVICES, 'kafka', 'migrate', 'postgres'].sort());
    expect(services['postgres']!.image).toBe('postgres:18');
    expect(services['kafka']!.image).toMatch(/^apache\/kafka:4\.\d+\.\d+$/);
  });

  it.each(SERVICES)('gives %s its program, its settings and nothing to write to or rise with', (name) => {
    const service = services[name]!;
    expect(service.command).toEqual(['node', `dist/apps/${name}/main.js`]);
    expect(existsSync(join(ROOT, `apps/${name}/main.ts`))).toBe(true);
    expect(service).toMatchObject({
      user: 'node',
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
    expect(service.healthcheck?.test?.join(' ')).toContain('/health/ready');
    const { environment } = service;
    const needed = ['ROLLCALL_DATABASE_URL', 'ROLLCALL_INTERNAL_SECRET', 'ROLLCALL_KEK', 'KAFKA_BROKERS'];
    const upstreams = name === 'gateway' ? SERVICES.slice(1).map((other) => `ROLLCALL_${other.toUpperCase()}_URL`) : [];
    for (const setting of [...needed, ...upstreams]) expect(environment[setting]).toBeTruthy();
    expect(environment['ROLLCALL_DATABASE_URL']).toContain(`//rollcall_${name}:`);
    expect(environment).not.toHaveProperty('ROLLCALL_DATABASE_OWNER_URL');
    expect(environment).toMatchObject({ METRICS_HOST: '0.0.0.0', METRICS_PORT: '9464' });
  });

  it.each(SERVICES)('[R15] lets %s start on the one broker of a single host, and says so in a setting', (name) => {
    expect(services[name]!.environment).toMatchObject({ KAFKA_REPLICATION: '1', KAFKA_SAFETY: 'warn' });
    expect(services['kafka']!.environment).toMatchObject({ KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false' });
  });

  it('publishes the gateway alone, and on this host alone unless told otherwise', () => {
    const published = Object.entries(services).filter(([, { ports }]) => ports);
    expect(published.map(([name, { ports }]) => [name, ports])).toEqual([
      ['gateway', ['${ROLLCALL_PORT:-127.0.0.1:3000}:3000']],
    ]);
    expect(compose.networks['inside']?.internal).toBe(true);
    const outside = Object.entries(services).filter(([, { networks }]) => networks.includes('outside'));
    // The consent service reaches the mail server; nobody reaches it.
    expect(outside.map(([name]) => name)).toEqual(['gateway', 'consent']);
  });

  it('holds no secret, and says in words which one is missing', () => {
    const wanting = interpolations.filter(([, , rest]) => !rest!.startsWith(':-'));
    expect(new Set(wanting.map(([, name]) => name)).size).toBe(7);
    for (const [whole, , rest] of wanting)
      expect({ whole, says: rest }).toMatchObject({ says: expect.stringMatching(/^:\?set it to \w{2}/) });
    for (const [, password] of source.matchAll(/postgres:\/\/\w+:([^@]+)@/g)) expect(password).toMatch(/^\$\{/);
    expect(source).not.toMatch(/(PASSWORD|SECRET|KEK): (?!\$\{)/);
  });

  it('gives the broker and the database a health check and no more rights than they need', () => {
    for (const name of ['kafka', 'postgres']) {
      expect(services[name]).toMatchObject({ cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
      expect(services[name]!.healthcheck?.test?.[0]).toBe('CMD');
    }
    expect(services['postgres']).toMatchObject({ user: 'postgres', read_only: true });
  });

  it('is accepted by docker compose wherever that is installed, and refused without its secrets', () => {
    if (spawnSync('docker', ['compose', 'version']).status !== 0) {
      process.stderr.write(
        '\ndocker compose is NOT installed here: docker-compose.yml was checked by its structure only.\n',
      );
      return;
    }
    const config = (env: Record<string, string>) =>
      spawnSync('docker', ['compose', '--file', 'docker-compose.yml', 'config', '--quiet'], {
        cwd: ROOT,
        env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
        encoding: 'utf8',
      });
    const made = Object.fromEntries(
      interpolations.filter(([, name]) => name !== 'ROLLCALL_PORT').map(([, name]) => [name!, 'made']),
    );
    expect(config(made)).toMatchObject({ status: 0 });
    expect(config({ ...made, ROLLCALL_KEK: '' }).stderr).toContain('openssl rand -base64 32');
  });
});
