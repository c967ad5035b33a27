import type { ChannelReader } from '../../core/channel/snapshot-check.ts';
import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import { channelPaths, maxSnapshotBytes } from '../../core/format/snapshot.ts';

/** Of what a snapshot says of itself, only this much of text and these characters: nobody has vouched for it. */
const claims = {
  repository: /"repository"\s*:\s*"([0-9a-f-]{36})"/,
  region: /"region"\s*:\s*"([a-z0-9-]{1,63})"/,
};

/**
 * Says of a channel that does not hold that it looks like another one's: the usual reason is a wrong url, and what the
 * checks themselves say (another pinned root, other publishers) tempts to give up the pin. Nothing rests on it.
 *
 * @returns the same error where the channel does not claim to be another one's
 */
export async function explainStranger(
  error: unknown,
  read: ChannelReader,
  ours: { repository: string; region: string },
): Promise<unknown> {
  if (!isEdgesealError(error) || !/^(?:trust|format)-/.test(error.code)) return error;
  if (error.code === 'trust-equivocation') return error;
  let text: string;
  try {
    const bytes = await read(channelPaths.snapshot);
    if (bytes === undefined || bytes.length > maxSnapshotBytes) return error;
    text = Buffer.from(bytes).toString('latin1');
  } catch {
    return error;
  }
  for (const what of ['repository', 'region'] as const) {
    const claimed = claims[what].exec(text)?.[1];
    if (claimed === undefined || claimed === ours[what]) continue;
    const message = `this looks like the channel of ${what} ${claimed}, and yours is ${ours[what]}: ${error.message}`;
    const { code, cause } = error;
    return new EdgesealError(code, message, { cause, hint: 'check the url of the mirror' });
  }
  return error;
}
