/**
 * Loaded into an attacked program before its own code (`node --import`): gives the thread in which libuv runs file
 * operations a name. With a pool of one that is all of them, and strace can be attached to this thread alone.
 */
import { writeFile } from 'node:fs/promises';

// Opened and written by the thread it is about.
await writeFile('/proc/thread-self/comm', 'file-operations');
