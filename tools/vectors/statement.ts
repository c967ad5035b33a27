import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { channelSecret } from '../../core/channel/elide.ts';
import { formatEdgeSecret, parseEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret, FullEnvelope } from '../../core/format/edge-secret.ts';
import { openDataKey, rewrapEnvelope } from '../../core/secret/envelope.ts';
import { statementBytes, statementDigest } from '../../core/secret/statement.ts';
import { writeCases, writeShared } from './cases.ts';
import { to, vectors } from './keys.ts';
import { signed, thirdVersion } from './signed-secret.ts';
import { east, east2, flip, repository } from './unseal-case.ts';

interface Change {
  why: string;
  same: boolean;
  make: () => EdgeSecret | string | Promise<EdgeSecret>;
  repository?: string;
}

const main = signed(thirdVersion);
const envelope = (secret: EdgeSecret, index: number): FullEnvelope =>
  secret.spec.envelopes[index] as FullEnvelope;

function edit(change: (secret: EdgeSecret) => void): () => EdgeSecret {
  return () => {
    const copy = parseEdgeSecret(Buffer.from(formatEdgeSecret(main)));
    change(copy);
    return copy;
  };
}

const same = (why: string, make: Change['make']): Change => ({ why, same: true, make });
const differs = (why: string, change: (secret: EdgeSecret) => void): Change => ({
  why,
  same: false,
  make: edit(change),
});

const channel = (region: string): Change =>
  same(`the file of ${region}'s channel`, () => channelSecret(main, region)!);

async function rewrapped(): Promise<EdgeSecret> {
  const context = { repository, ...main.metadata };
  const dataKey = await openDataKey(context, envelope(main, 0), 'us-east', [east]);
  const wraps = [to('us-east', east2)];
  const first = rewrapEnvelope(context, envelope(main, 0), wraps, dataKey!);
  return { ...main, spec: { ...main.spec, envelopes: [first, ...main.spec.envelopes.slice(1)] } };
}

const changes: Record<string, Change> = {
  main: same('the file on main', () => main),
  'channel-us-east': channel('us-east'),
  'channel-us-west': channel('us-west'),
  'channel-eu-central': channel('eu-central'),
  rewrapped: same('a wrap for a second key of us-east', rewrapped),
  'key-revoked': same(
    'a wrap taken away, its key stays named',
    edit((s) => {
      delete envelope(s, 0).recipients[0]!.wrapped;
    }),
  ),
  'key-unnamed': same(
    'the keys of a region reduced to its name',
    edit((s) => {
      envelope(s, 0).recipients[0] = { region: 'us-east' };
    }),
  ),
  unsigned: same(
    'the signature is not part of what is signed',
    edit((s) => {
      s.spec.signatures = [];
    }),
  ),
  'no-template': same(
    'the template left out: its defaults are signed',
    edit((s) => {
      delete s.spec.template;
    }),
  ),
  'template-in-part': same('a template with some fields left out', () =>
    formatEdgeSecret(main).replace(
      /^ {2}template:\n(?: {4}.*\n)+/m,
      '  template: {metadata: {}}\n',
    ),
  ),
  'empty-exposed': same('an empty exposed is the same as none', () =>
    formatEdgeSecret(main).replace(/^ {4}data:$/m, '    exposed: []\n    data:'),
  ),
  layout: same(
    'another layout of the same content',
    () =>
      `# made up\n---\n${formatEdgeSecret(main).replace(/^metadata:\n {2}name: (.*)\n {2}namespace: (.*)\n/m, 'metadata: {namespace: $2, "name": \'$1\'}\n')}`,
  ),
  version: differs('another version', (s) => {
    s.spec.version = 4;
  }),
  name: differs('another name', (s) => {
    s.metadata.name = 'other';
  }),
  namespace: differs('another namespace', (s) => {
    s.metadata.namespace = 'staging';
  }),
  repository: {
    ...same('another repository', () => main),
    same: false,
    repository: '6f1d1c5e-0000-4000-8000-000000000002',
  },
  type: differs('another type', (s) => {
    s.spec.template!.type = 'example.com/other';
  }),
  immutable: differs('immutable', (s) => {
    s.spec.template!.immutable = true;
  }),
  label: differs('a label', (s) => {
    s.spec.template!.metadata!.labels!['app'] = 'shop';
  }),
  annotation: differs('an annotation, with a character that JSON writers differ in', (s) => {
    s.spec.template!.metadata!.annotations!['note'] = '<\u007f\u2028é>';
  }),
  'envelope-order': differs('two envelopes change places', (s) => {
    s.spec.envelopes.reverse();
  }),
  'envelope-dropped': differs('an envelope left out', (s) => {
    s.spec.envelopes.splice(1, 1);
  }),
  'envelope-twice': differs('an envelope twice', (s) => {
    s.spec.envelopes.push(s.spec.envelopes[0]!);
  }),
  'envelope-version': differs('the version of an envelope', (s) => {
    envelope(s, 0).version = 2;
  }),
  commitment: differs('the commitment of an envelope', (s) => {
    envelope(s, 0).commitment = flip(envelope(s, 0).commitment, 0);
  }),
  'item-changed': differs('a flipped bit in an item', (s) => {
    envelope(s, 0).data['username'] = flip(envelope(s, 0).data['username']!, 30);
  }),
  'item-dropped': differs('an item left out', (s) => {
    delete envelope(s, 0).data['username'];
  }),
  'item-renamed': differs('an item renamed', (s) => {
    const { data } = envelope(s, 0);
    data['user'] = data['username']!;
    delete data['username'];
  }),
  'region-added': differs('a region more in an envelope', (s) => {
    envelope(s, 0).recipients.push({ region: 'zz-new' });
  }),
  'region-dropped': differs('a region less in an envelope', (s) => {
    envelope(s, 0).recipients.pop();
  }),
  exposed: differs('a region listed as exposed', (s) => {
    envelope(s, 0).exposed = ['eu-central'];
  }),
  'elided-digest': {
    why: 'another digest in place of an envelope',
    same: false,
    make: () => {
      const elided = channelSecret(main, 'us-west')!;
      elided.spec.envelopes[1] = { regions: ['us-east'], digest: 'a'.repeat(64) };
      return elided;
    },
  },
  'elided-regions': {
    why: 'other regions in place of an envelope',
    same: false,
    make: () => {
      const elided = channelSecret(main, 'us-west')!;
      elided.spec.envelopes[1] = { ...elided.spec.envelopes[1]!, regions: ['us-central'] };
      return elided;
    },
  },
};

/** statement/cases.json, and a file for each case. */
export async function makeStatementVectors(): Promise<void> {
  const cases = [];
  for (const [name, change] of Object.entries(changes)) {
    const file = `${name}.yaml`;
    const full = path.join(vectors, 'statement', file);
    const made = existsSync(full) ? readFileSync(full) : await change.make();
    const content =
      typeof made === 'string' || made instanceof Uint8Array ? made : formatEdgeSecret(made);
    const secret = parseEdgeSecret(writeShared(`statement/${file}`, () => content));
    const repo = change.repository ?? repository;
    cases.push({
      name,
      why: change.why,
      file,
      repository: repo,
      expect: {
        sameAsMain: change.same,
        statement: Buffer.from(statementBytes(repo, secret)).toString(),
        sha256: statementDigest(repo, secret),
      },
    });
  }
  writeCases('statement', cases);
}
