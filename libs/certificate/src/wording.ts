/** Every word that a certificate prints on its own account, in both languages. What is quoted comes from the receipt. */
export interface Wording {
  readonly en: string;
  readonly zh: string;
}

export type CertificateLanguage = 'zh' | 'en' | 'zh-en';
export const CERTIFICATE_LANGUAGES: readonly CertificateLanguage[] = ['zh', 'en', 'zh-en'];

/** The wording in the language asked for; both, Chinese first, one after the other. */
export function say({ en, zh }: Wording, language: CertificateLanguage): string {
  if (language === 'zh-en') return `${zh} ${en}`;
  return language === 'zh' ? zh : en;
}

export const WORDS = {
  title: { zh: '存证证书', en: 'Certificate of Notarized Evidence' },
  subtitle: {
    zh: '本证书由回执生成，回执已作为附件嵌入；与回执不一致时以回执为准。',
    en: 'Made from the receipt that is attached to this file; where the two differ, the receipt counts.',
  },
  claim: { zh: '可作的表述', en: 'What may be said' },
  verdict: {
    holds: { zh: '成立', en: 'holds' },
    altered: { zh: '已被改动', en: 'altered' },
    'other-document': { zh: '属于另一文件', en: 'other document' },
    incomplete: { zh: '不完整', en: 'incomplete' },
    unverifiable: { zh: '无法验证', en: 'unverifiable' },
  },
  operator: { zh: '运营方', en: 'Operator' },
  operatorName: { zh: '名称', en: 'Name' },
  creditCode: { zh: '统一社会信用代码', en: 'Unified social credit code' },
  filingNumber: { zh: '备案号', en: 'Filing number' },
  record: { zh: '存证记录', en: 'Record' },
  recordId: { zh: '编号', en: 'Id' },
  kind: { zh: '类型', en: 'Kind' },
  kindOf: {
    document: { zh: '文件', en: 'document' },
    'timestamp-token': { zh: '时间戳令牌', en: 'timestamp token' },
  },
  organization: { zh: '提交机构', en: 'Submitted by' },
  documentTitle: { zh: '标题', en: 'Title' },
  mediaType: { zh: '媒体类型', en: 'Media type' },
  sizeBytes: { zh: '大小（字节）', en: 'Size in bytes' },
  clientRef: { zh: '提交方编号', en: "Submitter's reference" },
  metadata: { zh: '附加信息', en: 'Further details' },
  provenance: { zh: '来源说明', en: 'Provenance' },
  asStated: {
    zh: '以上各项为提交方所述，平台未见过文件，只收到其指纹。',
    en: 'As stated by the submitter. The platform never saw the document, only its fingerprints.',
  },
  withheld: {
    zh: '未展示的内容：本证书只显示回执所展示的部分。',
    en: 'This certificate shows what the receipt shows; more may be recorded and withheld.',
  },
  fingerprints: { zh: '文件指纹', en: 'Fingerprints' },
  signers: { zh: '签署人', en: 'Signers' },
  signer: { zh: '签署人', en: 'Signer' },
  noSigners: { zh: '无', en: 'None' },
  identifiers: { zh: '标识', en: 'Identifiers' },
  verifiedHow: { zh: '身份核验', en: 'Identity verified' },
  assurance: { zh: '保证级别（记录所载）', en: 'Assurance, as recorded' },
  recordAssurance: { zh: '记录的保证级别', en: 'Assurance of the record' },
  signersFound: { zh: '检查所见', en: 'Found by the check' },
  assuranceOf: {
    none: { zh: '无', en: 'none' },
    asserted: { zh: '平台陈述，未经签名', en: 'as stated by the platform, not signed' },
    key: { zh: '以登记密钥签名', en: 'signed with a registered key' },
    certificate: { zh: '以证书签名', en: 'signed with a certificate' },
  },
  keyid: { zh: '密钥标识', en: 'Key id' },
  notShown: { zh: '未展示', en: 'not shown' },
  accordingToOperator: {
    zh: '签署人身份据运营方所述；本证书不证明其真实身份。',
    en: 'Who the signers are is according to the operator; this certificate does not prove it.',
  },
  times: { zh: '时间', en: 'Times' },
  acceptedAt: { zh: '受理时间（运营方时钟）', en: "Accepted (operator's clock)" },
  createdAt: { zh: '区块时间（运营方时钟）', en: "Block (operator's clock)" },
  witnessedAt: { zh: '见证时间（见证方时钟）', en: "Witnessed (witnesses' clocks)" },
  stampedAt: { zh: '可信时间戳', en: 'Trusted timestamp' },
  beijing: { zh: '北京时间', en: 'Beijing time' },
  ledger: { zh: '账本位置', en: 'Place in the ledger' },
  log: { zh: '日志', en: 'Log' },
  leafIndex: { zh: '叶序号', en: 'Leaf index' },
  blockHeight: { zh: '区块高度', en: 'Block height' },
  blockHash: { zh: '区块哈希（SHA-256）', en: 'Block hash (SHA-256)' },
  treeSize: { zh: '检查点树大小', en: 'Checkpoint tree size' },
  rootHash: { zh: '检查点根哈希', en: 'Checkpoint root hash' },
  thirdParties: { zh: '运营方之外的第三方', en: 'Parties beside the operator' },
  witnesses: { zh: '见证方', en: 'Witnesses' },
  authorities: { zh: '时间戳机构', en: 'Timestamping authorities' },
  nobody: { zh: '无：仅以运营方自身为据', en: 'None: according to the operator alone' },
  checks: { zh: '生成本证书时的检查', en: 'Checks made when this certificate was produced' },
  status: {
    passed: { zh: '通过', en: 'passed' },
    failed: { zh: '未通过', en: 'failed' },
    'not checked': { zh: '未检查', en: 'not checked' },
  },
  check: {
    format: { zh: '回执格式', en: 'format of the receipt' },
    checkpoint: { zh: '检查点签名', en: 'signature of the checkpoint' },
    witnesses: { zh: '见证方联署', en: 'cosignatures of witnesses' },
    timestamps: { zh: '可信时间戳', en: 'trusted timestamps' },
    record: { zh: '记录', en: 'record' },
    inclusion: { zh: '记录在日志中', en: 'record is in the log' },
    block: { zh: '区块', en: 'block' },
    disclosures: { zh: '披露项', en: 'disclosures' },
    document: { zh: '文件比对', en: 'comparison with the document' },
    statement: { zh: '签署声明', en: 'signed statement' },
    signers: { zh: '签署人', en: 'signers' },
    time: { zh: '时间一致', en: 'times agree' },
  },
  limits: { zh: '本证书不说明什么', en: 'What this certificate does not say' },
  limitTexts: [
    {
      zh: '不说明文件内容真实、合法、原创或完整，也不说明签署人的意思表示；只说明具有上述指纹的字节在所载时间之前已经存在且记录未被改动。',
      en: 'It does not say that the content is true, lawful, original or complete, nor what the signers meant: only that bytes with these fingerprints existed by the time given, and that their record is unchanged.',
    },
    {
      zh: '“运营方时钟”所示时间以运营方自身为据；只有见证方和时间戳机构的时间来自第三方。',
      en: "Times by the operator's clock rest on the operator's word; only those of witnesses and timestamping authorities come from others.",
    },
    {
      zh: '证书由运营方生成。请以回执、文件原件和您自己的信任文件夹独立验证。',
      en: 'The operator made this certificate. Verify the receipt and the original document yourself, with a trust folder of your own.',
    },
  ],
  verify: { zh: '如何验证', en: 'How to verify' },
  verifySteps: [
    {
      zh: '打开右上角二维码所示页面，将本 PDF 与文件原件一同拖入；文件不会离开您的计算机。',
      en: 'Open the page of the QR code and drop this PDF and the original document on it; the document does not leave your computer.',
    },
    {
      zh: '离线：取出附件 receipt.json（例如 pdfdetach -saveall），运行 cunzheng verify 文件 --receipt receipt.json --trust 信任文件夹。',
      en: 'Offline: take out the attachment receipt.json (pdfdetach -saveall, for example) and run: cunzheng verify DOCUMENT --receipt receipt.json --trust TRUST-FOLDER.',
    },
    {
      zh: '手工：对文件计算上述指纹并比对；其余步骤见格式文档。',
      en: 'By hand: compute the fingerprints of the document and compare; the format documents have the other steps.',
    },
  ],
  page: { zh: '页', en: 'page' },
  truncated: { zh: '…（全文见回执）', en: '… (in full in the receipt)' },
} as const satisfies Record<string, unknown>;
