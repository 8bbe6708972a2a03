/** Why a file cannot be used, in words. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be opened by you: check its permissions',
  EPERM: 'may not be opened by you: check its permissions',
  EISDIR: 'is a folder, want a file',
  ENOTDIR: 'lies in something that is not a folder',
  ENOSPC: 'does not fit on the disk',
  EROFS: 'lies on a read-only disk',
  ENAMETOOLONG: 'has too long a name',
};

export function describeFileError(path: string, error: unknown): string {
  const { code = 'unknown', message } = error as NodeJS.ErrnoException;
  return `${path} ${REASONS[code] ?? `cannot be used: ${message}`}`;
}
