/** A verification report as lines for people: twelve checks, the verdict, and the claim in its exact words. */
import {
  type Check,
  type CheckName,
  type CheckStatus,
  type VerificationReport,
  type Verdict,
} from '@cunzheng/receipt';

import { type CopyCheck } from './ledger-copy.js';

export type Language = 'en' | 'zh';

const MARKS: Readonly<Record<CheckStatus, string>> = { passed: '✓', failed: '✗', 'not checked': '–' };

/** The facts that are worth a place on the line; `--json` has all of them. */
const SHOWN_FACTS: Readonly<Record<CheckName, readonly string[]>> = {
  format: ['format'],
  checkpoint: ['origin', 'treeSize'],
  witnesses: ['witnesses', 'quorumSince'],
  timestamps: ['authorities', 'stampedBy', 'rejected', 'revocation', 'revocationUnknown'],
  record: ['id', 'kind', 'assurance'],
  inclusion: ['leafIndex', 'treeSize'],
  block: ['height', 'createdAt'],
  disclosures: ['names'],
  document: ['compared'],
  statement: ['organization', 'createdAt', 'keyids', 'unstated'],
  signers: ['signers', 'assurance', 'accordingTo', 'revocation', 'revoked'],
  time: ['existedBy', 'operatorAcceptedAt', 'operatorCreatedAt'],
};

const VERDICTS_ZH: Readonly<Record<Verdict, string>> = {
  holds: '成立',
  altered: '已被改动',
  'other-document': '属于另一文件',
  incomplete: '不完整',
  unverifiable: '无法验证',
};

const WORDS = {
  en: {
    verdict: 'verdict',
    claim: 'claim',
    ledger: 'ledger',
    'not checked': 'not checked: ',
    failed: 'failed: ',
  },
  zh: { verdict: '结论', claim: '表述', ledger: '账本副本', 'not checked': '未检查：', failed: '未通过：' },
} as const;

/** Chinese where the locale is Chinese (POSIX: LC_ALL, then LC_MESSAGES, then LANG), else English. */
export function chooseLanguage(env: NodeJS.ProcessEnv): Language {
  const locale = env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '';
  return locale.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

export function describeReport(report: VerificationReport, language: Language): string[] {
  const words = WORDS[language];
  const { verdict } = report;
  return [
    ...report.checks.map((check, index) => describeCheck(check, index + 1, language)),
    '',
    `${words.verdict}: ${language === 'zh' ? `${VERDICTS_ZH[verdict]} (${verdict})` : verdict}`,
    `${words.claim}: ${language === 'zh' ? report.claimZh : report.claim}`,
  ];
}

/** The checks of a receipt that did not pass, where there is no room for all twelve. */
export function describeOpen({ checks }: VerificationReport, language: Language): string[] {
  return checks
    .filter(({ status }) => status !== 'passed')
    .map(({ name, status, reason }) => {
      const said = `${WORDS[language][status === 'failed' ? 'failed' : 'not checked']}${reason?.message ?? ''}`;
      return `${MARKS[status]} ${name}: ${said}`;
    });
}

/** The comparison with a copy of the log, after the claim: it is no check of the receipt itself. */
export function describeCopy({ dir, status, message }: CopyCheck, language: Language): string {
  const words = WORDS[language];
  const said = status === 'passed' ? message : `${words[status]}${message}`;
  return `${words.ledger}: ${MARKS[status]} ${dir}: ${said}`;
}

function describeCheck(
  { name, status, reason, established }: Check,
  number: number,
  language: Language,
): string {
  const facts = SHOWN_FACTS[name].flatMap((fact) => {
    const value = established[fact];
    if (value === undefined || (Array.isArray(value) && value.length === 0)) return [];
    return [`${fact} ${[value].flat().map(shorten).join(' + ')}`];
  });
  const shown = facts.join(', ');
  const words = WORDS[language];
  const said =
    status === 'passed'
      ? shown
      : `${words[status]}${reason?.message ?? ''} (${reason?.code ?? ''})${shown && `; ${shown}`}`;
  return `${String(number).padStart(2)} ${MARKS[status]} ${name.padEnd(11)} ${said}`.trimEnd();
}

/** A hash is known by its beginning; `--json` has the rest. */
function shorten(value: string | number): string {
  return String(value).replace(/\b([0-9a-f]{16})[0-9a-f]{48}\b/g, '$1…');
}
