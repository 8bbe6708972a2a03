/** A sound recording of more than 100 MB (RIFF WAVE, 16-bit stereo noise), written in pieces with a progress bar. */
import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { Presets, SingleBar } from 'cli-progress';

const SAMPLE_RATE = 48_000;
const BYTES_PER_FRAME = 4;
const PIECE_BYTES = 1_000_000;

/** Writes `sizeMb` MB of sound to `path`. */
export async function writeRecording(path: string, sizeMb: number): Promise<void> {
  const bar = new SingleBar(
    {
      format: '    writing recording.wav {bar} {percentage}% of {total} MB',
      stream: process.stderr,
      noTTYOutput: true,
      notTTYSchedule: 500,
    },
    Presets.shades_classic,
  );
  const file = await open(path, 'wx');
  try {
    await file.write(formatHeader(sizeMb * PIECE_BYTES));
    bar.start(sizeMb, 0);
    for (let written = 0; written < sizeMb; written++) {
      await file.write(randomBytes(PIECE_BYTES));
      bar.update(written + 1);
    }
  } finally {
    bar.stop();
    await file.close();
  }
}

function formatHeader(dataBytes: number): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + dataBytes, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(2, 22);
  header.writeUInt32LE(SAMPLE_RATE, 24);
  header.writeUInt32LE(SAMPLE_RATE * BYTES_PER_FRAME, 28);
  header.writeUInt16LE(BYTES_PER_FRAME, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(dataBytes, 40);
  return header;
}
