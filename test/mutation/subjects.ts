import { acceptSecret } from '../../core/channel/secret-check.ts';
import { formatEdgeSecret } from '../../core/format/edge-secret.ts';
import { secretPath } from '../../core/format/names.ts';
import { channelPaths } from '../../core/format/snapshot.ts';
import { unsealSecret } from '../../core/secret/unseal.ts';
import { acceptPinnedRoot, rootHash } from '../../core/trust/root-chain.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import { repositoryId } from '../controller/channel.ts';
import type { TestChannel } from '../controller/channel.ts';
import { SoakSite } from '../soak/site.ts';
import { gitSubjects, storeSubjects } from './disk-subjects.ts';
import { Forged, judgeChannel } from './judge.ts';
import type { Subject } from './judge.ts';
import { textSubjects } from './text-subjects.ts';

/** A region with a channel of two roots, a controller's store, and everything else that is read. */
export async function makeSubjects(): Promise<{
  subjects: Subject[];
  remove: () => Promise<void>;
}> {
  const site = await SoakSite.make(['http']);
  const { channel } = site;
  for (const name of ['production/db', 'production/tls', 'staging/db'])
    await channel.seal(name, { password: `made-up ${name}` });
  await channel.set('production/db', { password: 'made-up, second', user: 'made-up' });
  channel.makeRoot();
  channel.publish({ heartbeat: new Date(site.now) });
  await site.round(60);
  await site.restart();
  const held = firstRoot(channel);
  const subjects = [
    ...secretSubjects(channel, held),
    ...channelSubjects(channel, held),
    ...gitSubjects(channel, held),
    ...(await storeSubjects(site)),
    ...textSubjects(site),
  ];
  for (const { name, bytes, judge } of subjects) {
    try {
      await judge(Buffer.from(bytes));
    } catch (cause) {
      throw new Error(`${name} itself is refused`, { cause });
    }
  }
  return { subjects, remove: () => site.remove() };
}

function firstRoot(channel: TestChannel): AcceptedRoot {
  const bytes = channel.rootFiles.get(channelPaths.root(1))!;
  const signatures = Buffer.from(channel.rootFiles.get(channelPaths.rootSignature(1))!).toString();
  const file = channelPaths.root(1);
  return acceptPinnedRoot({ bytes, signatures, file }, rootHash(bytes));
}

function secretSubjects(channel: TestChannel, root: AcceptedRoot): Subject[] {
  return [...channel.secrets].flatMap(([key, secret]) => {
    const [namespace = '', name = ''] = key.split('/');
    const listed = channel.files.get(secretPath(namespace, name))!;
    const open = async (
      bytes: Uint8Array,
    ): Promise<{ statement: string; items: [string, string][]; template: unknown }> => {
      const entry = { name, version: secret.spec.version, sha256: '', size: bytes.length };
      const { secret: read, floor } = acceptSecret(bytes, namespace, entry, root, undefined);
      const unsealed = await unsealSecret(read, repositoryId, channel.region, [channel.key]);
      const items = [...(unsealed?.items ?? [])].map(([item, value]): [string, string] => [
        item,
        Buffer.from(value.reveal()).toString(),
      ]);
      return { statement: floor.statement, items, template: unsealed?.template };
    };
    const subject = (what: string, bytes: Buffer): Subject => ({
      name: `${what} ${key}`,
      form: 'text',
      bytes,
      judge: async (changed) => {
        const [now, signed] = [await open(changed), await open(bytes)];
        // Not what the author signed: each envelope is to be opened, or the secret fails whole.
        if (JSON.stringify(now) !== JSON.stringify(signed)) throw new Forged(JSON.stringify(now));
      },
    });
    return [
      subject('sealed file', Buffer.from(formatEdgeSecret(secret))),
      subject('file of the channel', Buffer.from(listed)),
    ];
  });
}

function channelSubjects(channel: TestChannel, held: AcceptedRoot): Subject[] {
  const { files, region } = channel;
  return [...files].map(([path, bytes]): Subject => {
    const form = path.endsWith('.sig') || /yaml$|\/trust\//.test(path) ? 'text' : 'json';
    return {
      name: `channel ${path}`,
      form,
      bytes: Buffer.from(bytes),
      judge: (changed) =>
        judgeChannel(
          files,
          (wanted) => (wanted === path ? changed : files.get(wanted)),
          held,
          region,
        ),
    };
  });
}
