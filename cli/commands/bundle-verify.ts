import { resolve } from 'node:path';
import { isAhead } from '../../core/channel/heartbeat-age.ts';
import { compareMarks } from '../../core/channel/mark.ts';
import { EdgesealError } from '../../core/errors.ts';
import { rootFingerprint } from '../../core/trust/root-chain.ts';
import { readBundle } from '../bundle/check.ts';
import type { BundleContent } from '../bundle/check.ts';
import { readKnown } from '../bundle/known.ts';
import type { Known, KnownOptions } from '../bundle/known.ts';
import { ageWords } from '../status/age.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';

interface Options extends KnownOptions {
  output?: string;
}

/** What a bundle is to the controller that it is for. */
type Judgement = 'good' | 'newer' | 'same';

/** `edgeseal bundle verify`: what a bundle holds, checked from a trust root alone, and whether it would be taken. */
export async function run(io: Io, [name = '']: string[], options: Options): Promise<number> {
  const { output: form = 'text' } = options;
  // The option of `bundle` itself is spelled the same, and names a file.
  if (form !== 'text' && form !== 'json')
    throw new EdgesealError('input-usage', '--output is text or json', { field: '--output' });
  const known = await readKnown(io, options);
  const content = await readBundle(resolve(io.cwd, name), known);
  const judgement = judge(content, known, name);
  const output = new Output(io);
  if (form === 'json') output.json(documentOf(name, content, known, judgement));
  else say(output, name, content, known, judgement);
  return content.refused.length === 0 ? exitCodes.ok : exitCodes.findings;
}

/** @throws EdgesealError `trust-rollback`, `trust-equivocation` where the controller would refuse it */
function judge({ verified, region }: BundleContent, known: Known, file: string): Judgement {
  const { snapshot, sha256 } = verified;
  const { floor, has, source } = known;
  const { root, sequence } = snapshot;
  const hint = `carry a newer one: edgeseal bundle ${region}`;
  const holds = `the bundle holds snapshot ${sequence} of root ${root.number}`;
  if (floor !== undefined && compareMarks({ root: root.number, sequence }, floor) < 0)
    throw new EdgesealError(
      'trust-rollback',
      `${holds}, and the controller takes nothing below ${floor.sequence} of root ${floor.root}`,
      { file, hint },
    );
  if (has === undefined) return 'good';
  if (has.sha256 === sha256) return 'same';
  const { root: hasRoot = root.number } = has;
  const order = compareMarks({ root: root.number, sequence }, { ...has, root: hasRoot });
  if (order > 0) return 'newer';
  const said = `${has.sequence}${has.root === undefined ? '' : ` of root ${has.root}`}`;
  if (order < 0 || has.sha256 === undefined)
    throw new EdgesealError(
      'trust-rollback',
      `${holds}, and the controller has ${said} (${source ?? ''}): it would be refused`,
      { file, hint },
    );
  throw new EdgesealError(
    'trust-equivocation',
    `${holds}, and the controller has another snapshot of that number (${source ?? ''})`,
    {
      file,
      hint: 'a publisher signed two histories, or a stolen key did: compare with the publish log before you go on',
    },
  );
}

const words: Record<Judgement, (known: Known) => string> = {
  good: ({ source }) =>
    source === undefined
      ? 'not said what it has: --config, --status or --context'
      : 'has accepted nothing yet',
  newer: ({ has }) => `has snapshot ${has?.sequence ?? ''}: this one is newer`,
  same: () => 'has exactly this snapshot already',
};

function say(
  output: Output,
  file: string,
  { region, verified, secrets, refused, issuedAt }: BundleContent,
  known: Known,
  judgement: Judgement,
): void {
  const { snapshot, root, sha256 } = verified;
  const { repository, sequence, source, indexes } = snapshot;
  const at = issuedAt === undefined ? undefined : new Date(issuedAt);
  const heartbeat =
    root.spec.heartbeat === undefined
      ? 'none: the trust root names no key for it'
      : at === undefined
        ? 'none for this snapshot'
        : `${issuedAt ?? ''} (${heartbeatAge(at, new Date())})`;
  const rows = [
    ['region', region],
    ['repository', repository],
    ['root', `${root.number}: ${rootFingerprint(root.sha256)}`],
    ['snapshot', `${sequence} (${sha256})`],
    ['source', source],
    [
      'secrets',
      `${secrets} in ${indexes.length} ${indexes.length === 1 ? 'namespace' : 'namespaces'}`,
    ],
    ['heartbeat', heartbeat],
    ['controller', words[judgement](known)],
  ];
  output.line(`${file}: every signature and every byte is right`);
  for (const [name = '', value = ''] of rows) output.line(`  ${name.padEnd(11)} ${value}`);
  for (const { name, message } of refused) output.warn(`${name} would be refused: ${message}`);
}

function heartbeatAge(at: Date, now: Date): string {
  if (!isAhead(at.toISOString(), now.getTime())) return `${ageWords(at, now)} ago`;
  return `${ageWords(now, at)} ahead of the clock here: a controller with this clock would not count it`;
}

function documentOf(
  file: string,
  { region, verified, secrets, refused, issuedAt }: BundleContent,
  { pinned, has }: Known,
  judgement: Judgement,
): unknown {
  const { snapshot, sha256, root } = verified;
  const { repository, sequence, source } = snapshot;
  return {
    file,
    region,
    repository,
    pinned,
    root: { number: root.number, sha256: root.sha256 },
    snapshot: { sequence, sha256, source },
    secrets,
    refused,
    heartbeat: issuedAt ?? null,
    controller: has === undefined ? null : { ...has, judgement },
  };
}
