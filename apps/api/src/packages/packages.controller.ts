/** `POST /v1/packages`: receipts for a list of evidence as one file for a court. */
import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { PACKAGE_MEDIA_TYPE } from '@cunzheng/evidence-package';
import { Caller, type Principal } from '../auth/principal.js';
import { DescribePackage } from './packages.openapi.js';
import { packageRequest, type PackageRequest } from './packages.schemas.js';
import { Packages } from './packages.js';

@ApiTags('packages')
@Controller('v1/packages')
export class PackagesController {
  constructor(private readonly packages: Packages) {}

  @Post()
  @HttpCode(200)
  @DescribePackage()
  async build(
    @Caller() caller: Principal,
    @Body({ schema: packageRequest }) request: PackageRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const container = await this.packages.build(caller, request);
    void reply
      .header('Cache-Control', 'no-store')
      .header('Content-Disposition', 'attachment; filename="evidence.asice"')
      .type(PACKAGE_MEDIA_TYPE)
      .send(Buffer.from(container.buffer, container.byteOffset, container.byteLength));
  }
}
