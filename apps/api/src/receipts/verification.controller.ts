/**
 * `POST /v1/receipts/verify`: the same verification as everywhere, against the keys of this service's own logs and
 * the timestamping authorities it believes, and with the revocations that these logs have. It needs no API key. Whoever does not want to take our word runs it with their own trust folder: CLI or library.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Body, Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  createVerifier,
  formatTrustFolder,
  parsePolicy,
  parseTrust,
  sortFingerprints,
  type VerificationReport,
  type Verifier,
  type VerifyTimestamp,
} from '@cunzheng/receipt';
import { createTimestampVerifier } from '@cunzheng/timestamp';
import { createSignerCertificatesVerifier } from '@cunzheng/x509';
import { Database } from '../database/database.js';
import { fingerprints } from '../evidence/evidence.schemas.js';
import { PublicLimit } from '../limits/public-limit.js';
import { exampleReceipt, exampleRequest } from '../openapi/examples.js';
import { LoggedRevocations } from './logged-revocations.js';
import { DescribeVerify } from './receipts.openapi.js';

/** DER roots of the timestamping authorities that this service believes. */
export const TSA_ROOTS = Symbol('roots of timestamping authorities');

/** DER roots that certificates of signers must lead to. */
export const SIGNER_ROOTS = Symbol('roots of signers');

export const verifyRequest = z
  .strictObject({
    receipt: z.string().max(10_000_000).meta({ description: 'The receipt file as text, byte for byte' }),
    fingerprints: fingerprints.optional(),
  })
  .meta({
    id: 'VerifyRequest',
    examples: [{ receipt: exampleReceipt, fingerprints: exampleRequest.fingerprints }],
  });

@ApiTags('receipts')
@Controller('v1/receipts')
export class VerificationController {
  private verifier: { keys: string; verifier: Verifier } | undefined;
  private readonly revocations: LoggedRevocations;

  constructor(
    private readonly database: Database,
    @Inject(TSA_ROOTS) private readonly tsaRoots: readonly Uint8Array[],
    @Inject(SIGNER_ROOTS) private readonly signerRoots: readonly Uint8Array[],
    private readonly limit: PublicLimit,
  ) {
    this.revocations = new LoggedRevocations(database);
  }

  @Post('verify')
  @HttpCode(200)
  @DescribeVerify()
  async verify(
    @Body({ schema: verifyRequest }) request: z.output<typeof verifyRequest>,
    @Req() http: FastifyRequest,
  ): Promise<VerificationReport> {
    await this.limit.admit(http.ip);
    const verifier = await this.currentVerifier();
    const document = request.fingerprints && sortFingerprints(request.fingerprints);
    const revocations = await this.revocations.forReceipt(request.receipt);
    return await verifier.verify(new TextEncoder().encode(request.receipt), {
      ...(document && { document }),
      ...(revocations && { revocations }),
    });
  }

  /** A verifier for the keys of every log this service has opened, made anew when one was added. */
  private async currentVerifier(): Promise<Verifier> {
    const windows = await this.database.query<KeyRow>(
      `SELECT verifier_key AS vkey, from_size::float8 AS "fromSize", to_size::float8 AS "toSize"
       FROM log_key ORDER BY log, from_size, verifier_key`,
    );
    const keys = JSON.stringify(windows);
    if (this.verifier?.keys !== keys) {
      const lines = windows.map(({ vkey }) => `log ${vkey}\n`).join('');
      const policy = parsePolicy(nativeCrypto, `${lines}quorum none\n`);
      const keyWindows = windows.map(({ toSize, ...window }) =>
        toSize === null ? window : { ...window, toSize },
      );
      const folder = formatTrustFolder({ policy, keyWindows });
      const { tsaRoots, signerRoots } = this;
      const trust = { ...parseTrust(nativeCrypto, folder), tsaRoots, signerRoots };
      const verifyCertificates = createSignerCertificatesVerifier(nativeCrypto);
      const verifyToken = createTimestampVerifier(nativeCrypto, Date.now);
      const verifyTimestamp: VerifyTimestamp = async (token) => {
        // Some signatures are verified on this thread: others have their turn between tokens.
        await nextTurn();
        return await verifyToken(token);
      };
      this.verifier = {
        keys,
        verifier: createVerifier({ crypto: nativeCrypto, trust, verifyTimestamp, verifyCertificates }),
      };
    }
    return this.verifier.verifier;
  }
}

interface KeyRow {
  readonly vkey: string;
  readonly fromSize: number;
  readonly toSize: number | null;
}
