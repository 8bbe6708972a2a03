/**
 * A change of keys: a block of its own whose event names the keys that sign from the next checkpoint on. The keys are on
 * disk before, and the database takes event and windows in one transaction, so that a crash at any point leaves either
 * the old keys or the new ones in force.
 */
import { formatKeyChangeEvent, formatTime } from '@cunzheng/ledger';
import { isRotationRequested } from '@cunzheng/persistence';
import { type Settings } from '@cunzheng/settings';
import { anchorContents, type AnchorContext } from './anchor.js';

/** The block of the event: the event itself and the block's header. */
const ENTRIES_OF_CHANGE = 2;

/** Changes keys if the operator has asked for a new one, or has turned the second signature on or off. */
export async function changeKeysIfAsked(
  context: AnchorContext,
  { LOG_SECOND_SIGNATURE }: Pick<Settings, 'LOG_SECOND_SIGNATURE'>,
): Promise<boolean> {
  const { client, ledger, log, now } = context;
  const wantsRotation = await isRotationRequested(client, log.id);
  const second = log.keys.current.find(({ type }) => type === 'subtree/v1');
  const wantsSecond = LOG_SECOND_SIGNATURE === 'ml-dsa-44';
  if (!ledger.head || (!wantsRotation && wantsSecond === (second !== undefined))) return false;
  const first = wantsRotation
    ? log.keys.prepareNext('ed25519')
    : log.keys.current.find(({ type }) => type === 'ed25519');
  if (!first) throw new Error(`the log ${log.origin} has no Ed25519 key that signs now`);
  const verifierKeys = [first, ...(wantsSecond ? [second ?? log.keys.prepareNext('ml-dsa-44')] : [])].map(
    ({ vkey }) => vkey,
  );
  const lastSize = ledger.head.treeSize + ENTRIES_OF_CHANGE;
  const createdAt = formatTime(Math.max(now(), Date.parse(ledger.head.createdAt)));
  const body = formatKeyChangeEvent({ createdAt, log: log.origin, lastSize, verifierKeys });
  await anchorContents(context, { events: [body], keyChange: { lastSize, verifierKeys } });
  return true;
}
