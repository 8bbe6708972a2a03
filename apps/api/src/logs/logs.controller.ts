/**
 * The public log, read-only and without a key: checkpoint and tiles as C2SP tlog-tiles lays them out. Tiles never
 * change, so they may be cached for ever; the checkpoint must not be.
 */
import { Controller, Get, Header, Param, Req, StreamableFile } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type FastifyRequest } from 'fastify';
import { LedgerError } from '@cunzheng/ledger';
import { type LedgerReader } from '@cunzheng/ledger/node';
import { MerkleError, parseEntryBundlePath, parseTilePath } from '@cunzheng/merkle';
import { ProblemError } from '../problems/problem-error.js';
import { Ledgers } from './ledgers.js';
import { DescribeCheckpoint, DescribeTile } from './logs.openapi.js';

@ApiTags('log')
@Controller('logs/:log')
export class LogsController {
  constructor(private readonly ledgers: Ledgers) {}

  @Get('checkpoint')
  @Header('Content-Type', 'text/plain; charset=utf-8')
  @Header('Cache-Control', 'no-cache')
  @DescribeCheckpoint()
  async checkpoint(@Param('log') log: string): Promise<string> {
    const reader = await this.ledgers.reader(log);
    return Buffer.from(await reader.readCheckpoint().catch(toProblem)).toString('utf8');
  }

  @Get('tile/*')
  @Header('Cache-Control', 'public, max-age=31536000, immutable')
  @DescribeTile()
  async tile(@Param('log') log: string, @Req() request: FastifyRequest): Promise<StreamableFile> {
    const path = `tile/${(request.params as Record<string, string>)['*'] ?? ''}`;
    const reader = await this.ledgers.reader(log);
    return new StreamableFile(await readTile(reader, path), { type: 'application/octet-stream' });
  }
}

async function readTile(reader: LedgerReader, path: string): Promise<Uint8Array> {
  try {
    if (!path.startsWith('tile/entries/')) return await reader.readTile(parseTilePath(path));
    const { index, width } = parseEntryBundlePath(path);
    return await reader.readEntryBundle(index, width);
  } catch (error) {
    return toProblem(error);
  }
}

const ABSENT: readonly string[] = ['tile-missing', 'entry-missing', 'checkpoint-missing'];

function toProblem(error: unknown): never {
  if (!(error instanceof MerkleError) && !(error instanceof LedgerError && ABSENT.includes(error.code))) throw error;
  throw new ProblemError('not-found', 'no such file: the newest checkpoint says how large the tree is', { cause: error });
}
