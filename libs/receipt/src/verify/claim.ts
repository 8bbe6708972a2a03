/**
 * The claim: what a report allows anybody to say, in English and Chinese. "These bytes existed by T and are unchanged
 * since", never "authentic", and never more than the checks established.
 */
import { type Check, type CheckName, type ExistedBy, type Verdict } from './report.js';

export interface Claim {
  readonly en: string;
  readonly zh: string;
}

export interface ClaimInput {
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
  readonly existedBy: ExistedBy | undefined;
  readonly operatorAlone: boolean;
}

export function formatClaim(input: ClaimInput): Claim {
  const failed = failedNames(input.checks).join(', ');
  switch (input.verdict) {
    case 'holds':
      return formatHolds(input);
    case 'altered':
      return {
        en: `This is not a receipt as the log issued it: ${failed} failed.`,
        zh: `这不是日志出具的原样回执：${failed} 未通过。`,
      };
    case 'other-document':
      return {
        en: 'The receipt holds, but for other bytes than those of the document given.',
        zh: '回执成立，但所涉字节与所给文件不同。',
      };
    case 'incomplete':
      return {
        en: `The record is in the log, but not everything that is required or shown holds: ${failed} failed.`,
        zh: `记录在日志中，但所要求或所展示的内容并非全部成立：${failed} 未通过。`,
      };
    case 'unverifiable':
      return {
        en: 'Nothing can be said: no log key that this verifier trusts vouches for this receipt.',
        zh: '无法得出结论：没有本验证方所信任的日志密钥为此回执背书。',
      };
  }
}

function formatHolds({ checks, existedBy, operatorAlone }: ClaimInput): Claim {
  const compared = checks.some(({ name, status }) => name === 'document' && status === 'passed');
  const subject = compared
    ? { en: 'These bytes', zh: '这些字节' }
    : { en: 'Bytes with the recorded fingerprints', zh: '具有所记录指纹的字节' };
  const log = fact(checks, 'checkpoint', 'origin');
  const body =
    existedBy === undefined ? recordedClaim(subject, log, checks) : existedClaim(subject, log, existedBy);
  const alone = operatorAlone ? aloneClaim(existedBy) : { en: '', zh: '' };
  const open = compared ? { en: '', zh: '' } : { en: ' No document was compared.', zh: '未比对任何文件。' };
  return { en: body.en + alone.en + open.en, zh: body.zh + alone.zh + open.zh };
}

/** Without required witnesses or timestamps, even if a timestamp happens to vouch for the time. */
function aloneClaim(existedBy: ExistedBy | undefined): Claim {
  if (existedBy === undefined) {
    return { en: " It holds according to the log's operator alone.", zh: '该结论仅以日志运营方自身为据。' };
  }
  return {
    en: " Apart from that time, it holds according to the log's operator alone.",
    zh: '除该时间外，该结论仅以日志运营方自身为据。',
  };
}

function existedClaim(subject: Claim, log: string, { time, according }: ExistedBy): Claim {
  const en = according === 'witnesses' ? 'witnesses' : 'timestamping authorities';
  const zh = according === 'witnesses' ? '见证方' : '时间戳机构';
  return {
    en: `${subject.en} existed by ${time} according to ${en}, and their record in ${log} is unchanged since.`,
    zh: `据${zh}，${subject.zh}在 ${time} 之前已经存在；其在 ${log} 中的记录此后未被改动。`,
  };
}

function recordedClaim(subject: Claim, log: string, checks: readonly Check[]): Claim {
  const acceptedAt = fact(checks, 'record', 'acceptedAt');
  const createdAt = fact(checks, 'block', 'createdAt');
  return {
    en: `${subject.en} were recorded in ${log} in a block of ${createdAt}, accepted at ${acceptedAt}, both by its operator's clock, and the record is unchanged since.`,
    zh: `${subject.zh}已记录于 ${log}，所在区块时间为 ${createdAt}，受理时间为 ${acceptedAt}，均据运营方时钟；该记录此后未被改动。`,
  };
}

function failedNames(checks: readonly Check[]): CheckName[] {
  return checks.filter(({ status }) => status === 'failed').map(({ name }) => name);
}

function fact(checks: readonly Check[], name: CheckName, key: string): string {
  return String(checks.find((check) => check.name === name)?.established[key] ?? '');
}
