/** `cunzheng certificate`: the printed form of a receipt (docs/api/certificate.md), saved as it comes. */
import { type Command, Option } from 'commander';
import { CliError } from '../cli-error.js';
import { requireId } from '../require-id.js';
import { addServiceOptions, openService, type ServiceOptions } from '../service/open-service.js';
import { unexpectedAnswer } from '../service/service-fetch.js';
import { openTerminal } from '../terminal.js';
import { assertNoFile, writeNewFile } from '../new-file.js';
import { untilReady } from './until-ready.js';
import { DEFAULT_WAIT_SECONDS, parseWait } from './wait.js';

const PATH = '/v1/evidence/{id}/certificate.pdf';
const LANGUAGES = ['zh', 'en', 'zh-en'] as const;

interface CertificateOptions extends ServiceOptions {
  readonly out?: string;
  readonly lang: (typeof LANGUAGES)[number];
  readonly disclose?: string;
  readonly wait: number;
}

export function addCertificateCommand(program: Command): void {
  const command = program
    .command('certificate')
    .description('fetch the certificate (存证证书) of a record: a PDF for people, with the receipt inside')
    .argument('<id>', 'id of the record, from notarize')
    .option('--out <file>', 'where it goes (default: ID.certificate.pdf)')
    .addOption(
      new Option('--lang <language>', 'language of the certificate').choices(LANGUAGES).default('zh'),
    )
    .option('--disclose <names>', 'show only these disclosures, such as signer.0.name,title (default: all)')
    .option('--wait <seconds>', 'how long to wait for it, 0 to 3600', parseWait, DEFAULT_WAIT_SECONDS);
  addServiceOptions(command).action(saveCertificate);
}

async function saveCertificate(id: string, options: CertificateOptions, command: Command): Promise<void> {
  requireId(id, 'record', 'notarize');
  const terminal = openTerminal(command);
  const path = options.out ?? `${id}.certificate.pdf`;
  assertNoFile(path);
  const service = openService(options, terminal);
  const { lang, disclose } = options;
  const query = disclose === undefined ? { lang } : { lang, disclose };
  const certificate = await untilReady(performance.now() + options.wait * 1_000, async () => {
    const { data } = await service
      .api()
      .GET(PATH, { params: { path: { id }, query }, parseAs: 'arrayBuffer' });
    return Buffer.from(data ?? new ArrayBuffer());
  });
  if (certificate === undefined)
    throw new CliError('receipt-pending', `the receipt of ${id} is not final yet: ask again later`);
  if (!certificate.subarray(0, 5).equals(Buffer.from('%PDF-'))) throw unexpectedAnswer('a PDF');
  writeNewFile(path, certificate);
  terminal.result([path], { id, certificate: path });
}
