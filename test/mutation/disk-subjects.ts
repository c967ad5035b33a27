import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { loadSettings } from '../../controller/config.ts';
import { ContactFile } from '../../controller/store/contact.ts';
import { Ledger } from '../../controller/store/ledger.ts';
import type { ChannelReader } from '../../core/channel/snapshot-check.ts';
import { openTree } from '../../core/git/channel-tree.ts';
import { fetchChannel } from '../../core/git/fetch.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import type { TestChannel } from '../controller/channel.ts';
import type { SoakSite } from '../soak/site.ts';
import { Forged, judgeChannel } from './judge.ts';
import type { Subject } from './judge.ts';
import type { Form } from './mutate.ts';

/** A bundle, and the files of a repository that is read in place. */
export function gitSubjects(channel: TestChannel, held: AcceptedRoot): Subject[] {
  const { files, region, folder, path, ref } = channel;
  const judge = async (url: string): Promise<void> => {
    const gitdir = join(folder, 'mutated.git');
    rmSync(gitdir, { recursive: true, force: true });
    const limits = { maxBytes: 4 << 20, maxWork: 64 << 20, maxBlob: 4 << 20 };
    const {
      oid,
      owned,
      gitdir: where,
    } = await fetchChannel({ spec: { name: 'm', url }, ref, gitdir, limits });
    const tree = openTree(where, oid, owned, limits);
    try {
      const read: ChannelReader = (wanted) => [...tree.readPaths([wanted])][0]?.[1];
      await judgeChannel(files, read, held, region);
    } finally {
      tree.close();
    }
  };
  const bundle = join(folder, 'mutated.bundle');
  channel.bundle(bundle);
  const packed = join(folder, 'packed.git');
  execFileSync('git', ['clone', '-q', '--mirror', path, packed]);
  execFileSync('git', ['-C', packed, 'repack', '-q', '-a', '-d']);
  const inPlace = readdirSync(packed, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(?:pack|idx)$|packed-refs$/.test(name),
  );
  const subject = (name: string, file: string, url: string, form: Form): Subject => {
    const bytes = readFileSync(file);
    return {
      name,
      form,
      bytes,
      judge: async (changed) => {
        rmSync(file);
        writeFileSync(file, changed);
        try {
          await judge(url);
        } finally {
          rmSync(file);
          writeFileSync(file, bytes);
        }
      },
    };
  };
  return [
    subject('bundle', bundle, bundle, 'binary'),
    ...inPlace.map((name) =>
      subject(
        `directory ${name.replace(/[0-9a-f]{40}/, '*')}`,
        join(packed, name),
        packed,
        name === 'packed-refs' ? 'text' : 'binary',
      ),
    ),
  ];
}

/** What a controller keeps for itself. */
export async function storeSubjects(site: SoakSite): Promise<Subject[]> {
  const settings = await loadSettings(join(site.folder, 'region-sync.yaml'), {});
  const at = (name: string): string => join(settings.store, name);
  const state = async (): Promise<unknown> => {
    const ledger = await Ledger.open(settings.store, settings);
    ledger.close();
    return ledger.state;
  };
  const before = await state();
  const file = (name: string, form: Form, judge: () => Promise<void> | void): Subject => {
    const bytes = readFileSync(at(name));
    return {
      name: `store ${name}`,
      form,
      bytes,
      judge: async (changed) => {
        writeFileSync(at(name), changed);
        try {
          await judge();
        } finally {
          writeFileSync(at(name), bytes);
        }
      },
    };
  };
  return [
    file('state', 'json', async () => {
      if (!isDeepStrictEqual(await state(), before)) throw new Forged('another state');
    }),
    file('contact.json', 'json', () => {
      const { mirrors, known } = new ContactFile(settings.store).load();
      // What it says is believed in nothing, but has to be of the right form.
      for (const { best, served } of Object.values(mirrors))
        for (const mark of [best, served])
          if (mark !== undefined && !(mark.sequence >= 1)) throw new Forged('a mark');
      for (const { sha256 } of Object.values(known))
        if (sha256.length !== 64) throw new Forged('a mark');
    }),
  ];
}
