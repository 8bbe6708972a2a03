/**
 * docker-compose.yml and the image against the code: what is set is what is read, each program has its own database role,
 * and the API can neither write the ledger nor see the log's key. Nothing is started here.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { loadSettings, settingNames } from '@cunzheng/settings';

interface Service {
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string | number>>;
  readonly volumes?: readonly string[];
  readonly healthcheck?: unknown;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
}

type ProgramName = 'migrate' | 'anchor-worker' | 'api';

interface Program {
  readonly service: ProgramName;
  readonly app: string;
  readonly role: string;
  readonly password: string;
  /** Settings that its code reads and that are not set, with the reason. */
  readonly exceptions: Readonly<Record<string, string>>;
}

const PROGRAMS: readonly Program[] = [
  {
    service: 'migrate',
    app: 'cli',
    role: 'cunzheng',
    password: 'OWNER_PASSWORD',
    exceptions: {
      DATA_DIR: 'is read only where there is no DATABASE_URL',
      LEDGER_DIR: 'is read by admin backup, not by migrate',
      KEYS_DIR: 'is read by admin backup, not by migrate',
      VALUE_KEYS_DIR: 'is read by the commands of the service value-keys, not by migrate',
      TRUST_DIR: 'is read by admin restore-check, not by migrate',
      TSA_KEYS_DIR: 'is read by admin backup, not by migrate',
    },
  },
  {
    service: 'anchor-worker',
    app: 'anchor-worker',
    role: 'cunzheng_worker',
    password: 'WORKER_PASSWORD',
    exceptions: {},
  },
  {
    service: 'api',
    app: 'api',
    role: 'cunzheng_api',
    password: 'API_PASSWORD',
    exceptions: { NODE_ENV: 'is set by the image' },
  },
];

const read = (path: string): string => readFileSync(path, 'utf8');
const compose = read('docker-compose.yml');
const { services, volumes } = parse(compose, { merge: true }) as {
  services: Record<ProgramName | 'postgres' | 'redis' | 'value-keys', Service>;
  volumes: Record<string, unknown>;
};

/** The example file with a value for everything that it leaves to the operator. */
const example = new Map(
  [...read('docker/compose.env.example').matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [
    name!,
    value!,
  ]),
);
const LIKELY: readonly [ending: string, value: string][] = [
  ['_PORT', '9464'],
  ['_ENDPOINT', 'http://collector:4318'],
  ['_SAMPLER_ARG', '0.1'],
];
const filledIn = (name: string): string =>
  example.get(name) ||
  (LIKELY.find(([ending]) => name.endsWith(ending))?.[1] ??
    `some-${name.toLowerCase().replaceAll('_', '-')}`);

/** What a container gets: `${NAME}`, `${NAME:-default}` and `${NAME:?message}` replaced. */
const environmentOf = ({ environment }: Service): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      String(value).replaceAll(/\$\{([A-Z_]+)(?::[-?][^}]*)?\}/g, (_, variable: string) =>
        filledIn(variable),
      ),
    ]),
  );

/** The settings that the sources of an app read: `settings.NAME`, `{ NAME } = settings`, `loadSettings(env, ['NAME'])`. */
function settingsReadBy(app: string): string[] {
  const folder = join('apps', app, 'src');
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => read(join(folder, name)))
    .join('\n');
  return settingNames.filter((name) =>
    new RegExp(
      String.raw`\bsettings\.${name}\b|\{[^{}]*\b${name}\b[^{}]*\}\s*[=:]\s*(?:this\.)?[sS]ettings\b|\bloadSettings\([^)]*'${name}'`,
    ).test(sources),
  );
}

/** Volume name, mount point and whether it is read-only. */
const mountsOf = ({ volumes: mounts = [] }: Service): { name: string; target: string; readOnly: boolean }[] =>
  mounts.map((mount) => {
    const [name = '', target = '', mode = 'rw'] = mount.split(':');
    return { name, target, readOnly: mode === 'ro' };
  });

describe.each(PROGRAMS)('the service $service', ({ service, app, role, password, exceptions }) => {
  const definition = services[service];
  const environment = environmentOf(definition);

  test('sets nothing that is not a setting', () => {
    expect(
      Object.keys(environment).filter((name) => !(settingNames as readonly string[]).includes(name)),
    ).toEqual([]);
  });

  test('sets every setting that its code reads, but for exceptions that have a reason', () => {
    const unset = settingsReadBy(app).filter((name) => !(name in environment));
    expect(unset).toEqual(Object.keys(exceptions));
  });

  test('has settings with which the program starts in production', () => {
    expect(loadSettings({ ...environment, NODE_ENV: 'production' }, ['DATABASE_URL'])).toMatchObject({
      LOG_ORIGIN: example.get('LOG_ORIGIN'),
    });
  });

  test('connects to the database as its own role', () => {
    const url = new URL(environment['DATABASE_URL']!);
    expect([url.username, url.password, url.host, url.pathname]).toEqual([
      role,
      filledIn(password),
      'postgres:5432',
      '/cunzheng',
    ]);
  });

  test('runs a program that is built, with no more rights than it needs', () => {
    const script = definition.command?.find((word) => word.startsWith('dist/')) ?? '';
    expect(script).toBe(`dist/apps/${app}/src/main.js`);
    expect(existsSync(script.replace(/^dist\/(.*)\.js$/, '$1.ts'))).toBe(true);
    expect([definition.read_only, definition.cap_drop]).toEqual([true, ['ALL']]);
  });
});

test('the scan for settings finds what is known to be read', () => {
  expect(settingsReadBy('api')).toEqual(
    expect.arrayContaining(['DATABASE_URL', 'LEDGER_DIR', 'INTAKE_BUFFER_ROWS']),
  );
  expect(settingsReadBy('anchor-worker')).toEqual(expect.arrayContaining(['KEYS_DIR', 'BATCH_MAX_AGE_MS']));
});

describe('who sees which files', () => {
  test('the API has the ledger read-only and nothing of the keys', () => {
    const { api } = services;
    expect(mountsOf(api)).toEqual([
      { name: 'ledger', target: environmentOf(api)['LEDGER_DIR'], readOnly: true },
      { name: 'value-keys', target: environmentOf(api)['VALUE_KEYS_DIR'], readOnly: true },
      { name: 'tsa-keys', target: environmentOf(api)['TSA_KEYS_DIR'], readOnly: false },
    ]);
    expect(api.environment).not.toHaveProperty('KEYS_DIR');
  });

  test('the worker alone has keys, and writes where its settings say', () => {
    const { LEDGER_DIR, KEYS_DIR, VALUE_KEYS_DIR, TRUST_DIR } = environmentOf(services['anchor-worker']);
    expect(mountsOf(services['anchor-worker'])).toEqual([
      { name: 'ledger', target: LEDGER_DIR, readOnly: false },
      { name: 'keys', target: KEYS_DIR, readOnly: false },
      { name: 'value-keys', target: VALUE_KEYS_DIR, readOnly: true },
      { name: 'trust', target: TRUST_DIR, readOnly: false },
    ]);
    const holders = Object.entries(services).filter(([, service]) =>
      mountsOf(service).some(({ name }) => name === 'keys'),
    );
    expect(holders.map(([name]) => name)).toEqual(['anchor-worker']);
  });

  test('value keys are made once, and seen by who seals and opens values and by what makes them alone', () => {
    const holders = Object.entries(services).filter(([, service]) =>
      mountsOf(service).some(({ name }) => name === 'value-keys'),
    );
    expect(holders.map(([name]) => name)).toEqual(['value-keys', 'anchor-worker', 'api']);
    expect(services['value-keys'].command?.slice(-4)).toEqual([
      'admin',
      'value-key',
      'create',
      '--if-missing',
    ]);
    expect(environmentOf(services['value-keys'])['VALUE_KEYS_DIR']).toBe(
      environmentOf(services.api)['VALUE_KEYS_DIR'],
    );
  });

  test('every named volume is declared, and used', () => {
    const used = Object.values(services).flatMap((service) => mountsOf(service).map(({ name }) => name));
    expect([...new Set(used.filter((name) => !name.startsWith('.')))].sort()).toEqual(
      Object.keys(volumes).sort(),
    );
  });
});

describe('docker-compose.yml', () => {
  test('uses every variable of compose.env.example, and no other', () => {
    const used = [...compose.matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name!);
    expect([...new Set(used)].sort()).toEqual([...example.keys()].sort());
  });

  test('refuses to start without what has no default', () => {
    for (const [name, value] of example) {
      const optional = compose.includes(`\${${name}:-`);
      const required = compose.includes(`\${${name}:?`);
      expect([name, optional !== required]).toEqual([name, true]);
      // An example of a password would be used.
      if (name.endsWith('_PASSWORD')) expect([name, value]).toEqual([name, '']);
    }
  });

  test('gives the example the defaults that the code has', () => {
    const defaults: Readonly<Record<string, string | number | undefined>> = { ...loadSettings({}) };
    for (const [, name, value] of compose.matchAll(/\$\{([A-Z_]+):-([^}]*)\}/g)) {
      expect([name, value]).toEqual([name, String(defaults[name!] ?? '')]);
      expect([name, example.get(name!)]).toEqual([name, value]);
    }
  });

  test('creates the two roles that own nothing, with the passwords that the programs use', () => {
    const roles = read('docker/postgres-roles.sh');
    for (const { role, password } of PROGRAMS) {
      expect(roles).toMatch(new RegExp(`CREATE ROLE ${role} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD`));
      expect(roles).toContain(`"$${password}"`);
      expect(environmentOf(services.postgres)[password]).toBe(filledIn(password));
    }
  });

  test('checks the health of everything that keeps running', () => {
    const unchecked = Object.entries(services).filter(([, { healthcheck }]) => healthcheck === undefined);
    expect(unchecked.map(([name]) => name)).toEqual(['migrate', 'value-keys']);
  });
});

describe('the image', () => {
  const stages = read('docker/Dockerfile')
    .split(/^(?=FROM )/m)
    .filter((stage) => stage.startsWith('FROM '));
  const last = stages.at(-1)!;

  test('is built in stages: the last one installs and compiles nothing', () => {
    expect(stages.length).toBeGreaterThan(1);
    expect(stages[0]).toMatch(/^RUN npm ci$/m);
    expect(last).not.toMatch(/npm (?:ci|install|run)/);
  });

  test('runs as a user without rights, in production', () => {
    const users = [...last.matchAll(/^USER (\S+)$/gm)].map(([, user]) => user);
    expect(users).toEqual(['node']);
    expect(last.indexOf('USER node')).toBeLessThan(last.indexOf('CMD '));
    expect(last).toMatch(/^ENV NODE_ENV=production\b/m);
  });

  test('has the folders that volumes are mounted on, owned by that user', () => {
    const made = /^RUN install -d -o node -g node (.+)$/m.exec(last)?.[1]?.split(' ') ?? [];
    const targets = PROGRAMS.flatMap(({ service }) =>
      mountsOf(services[service]).map(({ target }) => target),
    );
    expect(made).toEqual(expect.arrayContaining([...new Set(targets)]));
  });
});
