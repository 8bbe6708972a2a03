/**
 * Every setting of the product, read from environment variables once at start and never again. A value that does not
 * fit stops the process with an error that names the variable; an empty variable counts as unset. `.env.example`
 * documents the same list, and a test holds the two (and docker-compose.yml) against each other.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';

const wholeNumber = (minimum: number, maximum: number): z.ZodType<number, string> =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, `must lie in ${minimum}…${maximum}`);

const url = (...protocols: string[]): z.ZodType<string, string> =>
  z.string().refine(
    (value) => {
      try {
        return protocols.includes(new URL(value).protocol.slice(0, -1));
      } catch {
        return false;
      }
    },
    `must be a URL starting with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`,
  );

/** `HOST/logs/NAME`: the schema-less URL prefix of the log, which names it for good (C2SP tlog-checkpoint "origin"). */
const origin = z
  .string()
  .regex(
    /^[a-z0-9.-]{1,253}(:\d{1,5})?\/logs\/[a-z0-9][a-z0-9-]{0,62}$/,
    'must look like example.com/logs/name (lower case)',
  );

const shape = {
  NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
  DATA_DIR: z.string().default('./.data'),
  LEDGER_DIR: z.string().optional(),
  KEYS_DIR: z.string().optional(),
  VALUE_KEYS_DIR: z.string().optional(),
  TRUST_DIR: z.string().optional(),
  HOST: z.string().default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(3000),
  DATABASE_URL: url('postgres', 'postgresql').optional(),
  REDIS_URL: url('redis', 'rediss').optional(),
  LOG_ORIGIN: origin.optional(),
  LOG_SECOND_SIGNATURE: z.enum(['none', 'ml-dsa-44']).default('none'),
  OPERATOR_NAME: z.string().max(200).default('Cunzheng development operator'),
  OPERATOR_CREDIT_CODE: z.string().max(64).optional(),
  OPERATOR_FILING_NUMBER: z.string().max(64).optional(),
  // A parcel (at most 1,000 records written by one statement) is never split over two blocks.
  BATCH_MAX_SIZE: wholeNumber(1_000, 65_536).default(4_096),
  BATCH_MAX_AGE_MS: wholeNumber(1, 60_000).default(200),
  TSA_ENABLED: z.enum(['true', 'false']).default('false'),
  TSA_KEYS_DIR: z.string().optional(),
  TSA_POLICY_OID: z
    .string()
    .regex(/^[012](\.(0|[1-9]\d{0,38})){2,20}$/, 'must be an object identifier, such as 1.2.3.4')
    .default('2.25.164879385299228274441101629256747740475'),
  TSA_ACCURACY_MS: wholeNumber(1, 60_000).default(1_000),
  TSA_QUERIES_PER_MINUTE: wholeNumber(1, 100_000_000).default(600),
  TSA_ROOTS_FILE: z.string().optional(),
  SIGNER_ROOTS_FILE: z.string().optional(),
  TSA_LIST_FILE: z.string().optional(),
  CLOCK_BOUND_MS: wholeNumber(100, 2_592_000_000).default(10_000),
  CLOCK_CHECK_INTERVAL_MS: wholeNumber(1_000, 86_400_000).default(300_000),
  TSA_TIMEOUT_MS: wholeNumber(100, 600_000).default(10_000),
  MIN_TIMESTAMPS: wholeNumber(0, 16).default(0),
  POLICY_FILE: z.string().optional(),
  RECORDS_PER_MINUTE: wholeNumber(1, 1_000_000_000).default(6_000_000),
  AUDIT_HEAD_INTERVAL_MS: wholeNumber(100, 86_400_000).default(3_600_000),
  ATTEST_INTERVAL_MS: wholeNumber(100, 86_400_000).default(10_000),
  WITNESS_TIMEOUT_MS: wholeNumber(100, 600_000).default(5_000),
  SWEEP_INTERVAL_MS: wholeNumber(100, 3_600_000).default(1_000),
  WEBHOOK_TIMEOUT_MS: wholeNumber(100, 60_000).default(10_000),
  WEBHOOK_CONCURRENCY: wholeNumber(1, 1_000).default(64),
  WEBHOOK_PORTS: z
    .string()
    .regex(/^\d{1,5}(,\d{1,5}){0,31}$/, 'must be ports separated by commas, such as 443,8443')
    .default('443'),
  WEBHOOK_ALLOWED_NETWORKS: z.string().max(2_000).default(''),
  INTAKE_BUFFER_ROWS: wholeNumber(1_000, 1_000_000).default(16_384),
  BODY_LIMIT_BYTES: wholeNumber(65_536, 104_857_600).default(10_485_760),
  PUBLIC_URL: url('http', 'https').optional(),
  PUBLIC_LOOKUPS_PER_MINUTE: wholeNumber(1, 1_000_000).default(60),
  TRUSTED_PROXIES: z.string().optional(),
  METRICS_HOST: z.string().default('127.0.0.1'),
  METRICS_PORT: wholeNumber(0, 65_535).optional(),
  WORKER_METRICS_PORT: wholeNumber(0, 65_535).optional(),
  // The SDK reads these and the other OTEL_* variables itself: here they say whether it is loaded.
  OTEL_EXPORTER_OTLP_ENDPOINT: url('http', 'https').optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url('http', 'https').optional(),
  OTEL_EXPORTER_OTLP_HEADERS: z.string().max(8_192).optional(),
  OTEL_TRACES_SAMPLER: z
    .enum([
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ])
    .default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^(0(\.\d{1,9})?|1(\.0{1,9})?)$/, 'must be a share between 0 and 1, such as 0.01')
    .optional(),
  OTEL_SDK_DISABLED: z.enum(['true', 'false']).default('false'),
  ATTEST_LATE_MS: wholeNumber(1_000, 604_800_000).default(600_000),
  SHUTDOWN_TIMEOUT_MS: wholeNumber(100, 600_000).default(10_000),
} as const;

type ShapeOutput = z.output<z.ZodObject<typeof shape>>;

/** The validated settings; directories are absolute. */
export type Settings = ShapeOutput & {
  LEDGER_DIR: string;
  KEYS_DIR: string;
  VALUE_KEYS_DIR: string;
  TRUST_DIR: string;
  TSA_KEYS_DIR: string;
};

/** Every environment variable the product reads. */
export const settingNames = Object.keys(shape) as readonly (keyof ShapeOutput)[];

/** A setting that is missing or does not fit; the message names every such variable on a line of its own. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/**
 * Reads and validates the settings. `required` names those that this process cannot run without; in production
 * `LOG_ORIGIN` always is.
 *
 * @throws SettingsError naming each variable that is missing or does not fit.
 */
export function loadSettings(
  env: NodeJS.ProcessEnv,
  required: readonly (keyof ShapeOutput)[] = [],
): Settings {
  const present = Object.fromEntries(
    settingNames.filter((name) => env[name]).map((name) => [name, env[name]]),
  );
  const parsed = z.object(shape).safeParse(present);
  if (!parsed.success) {
    throw new SettingsError(
      parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'),
    );
  }
  const settings = parsed.data;
  const needed = settings.NODE_ENV === 'production' ? [...required, 'LOG_ORIGIN' as const] : required;
  const missing = needed.filter((name) => settings[name] === undefined);
  if (missing.length > 0) {
    throw new SettingsError(missing.map((name) => `${name}: must be set (see .env.example)`).join('\n'));
  }
  return withDirectories(settings);
}

function withDirectories(settings: ShapeOutput): Settings {
  const dataDir = resolve(settings.DATA_DIR);
  const inData = (name: string, given: string | undefined): string => resolve(given ?? `${dataDir}/${name}`);
  return {
    ...settings,
    DATA_DIR: dataDir,
    LEDGER_DIR: inData('ledger', settings.LEDGER_DIR),
    KEYS_DIR: inData('keys', settings.KEYS_DIR),
    VALUE_KEYS_DIR: inData('value-keys', settings.VALUE_KEYS_DIR),
    TRUST_DIR: inData('trust', settings.TRUST_DIR),
    TSA_KEYS_DIR: inData('tsa', settings.TSA_KEYS_DIR),
  };
}

/** Loads `.env` of the working directory if there is one; variables that are already set win. */
export function loadEnvFile(): void {
  if (existsSync('.env')) process.loadEnvFile('.env');
}
