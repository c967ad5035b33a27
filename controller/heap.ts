import { setFlagsFromString } from 'node:v8';

/**
 * Makes V8 collect garbage rather than grow: a controller shares a small machine with what it serves. Left
 * alone, the space for young objects becomes three times 16 MB while 10,000 secrets are opened, and stays so.
 * To be called before the modules that it is about are loaded. (First sync of 10,000 secrets: 260 MB without
 * these flags, 127 MB with them, in the same time.)
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--optimize-for-size');
}
