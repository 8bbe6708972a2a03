/** The request for an evidence package. */
import { z } from 'zod';
import { CERTIFICATE_LANGUAGES } from '@cunzheng/certificate';
import { PACKAGE_LIMITS } from '@cunzheng/evidence-package';
import { assertHashable, evidenceId, text } from '../evidence/evidence.schemas.js';

const phrase = text({ min: 1, max: PACKAGE_LIMITS.textLength });

const item = z.strictObject({
  evidence: evidenceId,
  name: phrase.meta({ description: 'What the document is called in the list' }),
  source: phrase.optional().meta({ description: 'Where it comes from' }),
  purpose: phrase.optional().meta({ description: 'What it is to prove' }),
});

export const packageRequest = z
  .strictObject({
    title: phrase.optional(),
    items: z.array(item).min(1).max(PACKAGE_LIMITS.items),
    disclose: z.array(z.string().min(1).max(64)).max(100).optional().meta({
      description: 'Names of the disclosures to show, where a record has them; without it all are shown',
    }),
    language: z.enum(CERTIFICATE_LANGUAGES).default('zh').meta({ description: 'Of the certificates' }),
  })
  .superRefine(assertHashable)
  .meta({
    id: 'PackageRequest',
    examples: [
      {
        title: '案件 2026-117',
        items: [
          {
            evidence: '01a1f787-240a-737b-bea5-1de40185c708',
            name: '合同',
            source: '原告',
            purpose: '证明合同内容',
          },
        ],
      },
    ],
  });

export type PackageRequest = z.output<typeof packageRequest>;
