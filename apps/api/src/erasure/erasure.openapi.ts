/** How the erasure routes appear in the OpenAPI document. */
import { z } from 'zod';
import { describeRoute, jsonAnswer } from '../openapi/describe.js';
import { exampleEvidenceErasure, exampleSignerErasure } from '../openapi/examples.js';
import { type ProblemCode } from '../problems/catalogue.js';

const evidenceErasure = z
  .strictObject({
    id: z.uuid(),
    erasedAt: z.iso.datetime().optional(),
    erased: z.array(z.string()).meta({ description: 'Names of the disclosures that are gone' }),
  })
  .meta({ id: 'EvidenceErasure', examples: [exampleEvidenceErasure] });

const signerErasure = z
  .strictObject({
    id: z.uuid(),
    erasedAt: z.iso.datetime(),
    complete: z.boolean().meta({ description: 'Whether nothing is left to do; else repeat the request' }),
    evidence: z.strictObject({ erased: z.int(), remaining: z.int() }),
  })
  .meta({ id: 'SignerErasure', examples: [exampleSignerErasure] });

const PROBLEMS: readonly ProblemCode[] = [
  'malformed-request',
  'unauthorized',
  'scope-missing',
  'organization-not-admitted',
  'not-found',
  'busy',
  'clock-wrong',
  'not-ready',
];

export const DescribeEraseEvidence = (): MethodDecorator =>
  describeRoute({
    summary: 'Erase the personal data of one piece of evidence',
    description:
      'Salts and values of signers, envelope, title, clientRef, metadata and provenance are erased for good, and of what `also` names. Receipts that were handed out stay valid; later ones are without them and everything else verifies. The log says that one record was erased, not which. Repeating it changes nothing.',
    answers: [jsonAnswer(200, 'What is gone', evidenceErasure)],
    problems: PROBLEMS,
  });

export const DescribeEraseSigner = (): MethodDecorator =>
  describeRoute({
    summary: 'Erase the personal data of a registered signer',
    description:
      'The identity, and in all evidence that the signer signed: what is disclosed of this signer, the envelope, and what `also` names. Other signers stay. The keys of the signer sign nothing new. With much evidence one request does a part: repeat it until `complete`.',
    answers: [jsonAnswer(200, 'How far it is', signerErasure)],
    problems: PROBLEMS,
  });
