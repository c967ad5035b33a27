import { posix } from 'node:path';
import { allowedInLine } from '../core/scan/allow/comment.ts';
import { isBinary } from '../core/scan/formats/decode.ts';
import { isPlaceholder } from '../core/scan/structure/placeholder.ts';
import type { Judge } from './judge.ts';
import type { StagedFile, Staging } from './staged.ts';

const rule = 'embedded-secret';
const names = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
const maxBytes = 1024 * 1024;
/** By SOPS, age and git-crypt. */
const encrypted =
  /ENC\[AES256_GCM,|-----BEGIN AGE ENCRYPTED FILE|^age-encryption\.org\/|^\0GITCRYPT\0/;

/** Looks at the staged files that a secretGenerator of Kustomize makes a Secret of: what they hold is one, in whatever form. */
export async function judgeGenerated(
  staging: Staging,
  files: readonly StagedFile[],
  judge: Judge,
): Promise<void> {
  const staged = new Map(files.map((file) => [file.path, file]));
  const folders = new Set<string>();
  for (const { path } of files)
    for (let at = posix.dirname(path); !folders.has(at); at = posix.dirname(at)) folders.add(at);
  for (const folder of folders) {
    for (const name of names) {
      const path = posix.join(folder, name);
      const text = (await staging.blobs.object(`:${path}`, maxBytes))?.bytes.toString('utf8');
      if (text?.includes('secretGenerator') !== true) continue;
      const { filesOfGenerators } = await import('../core/scan/kubernetes/generator-files.ts');
      for (const { file, isEnv } of filesOfGenerators(text)) {
        const one = staged.get(posix.join(folder, file));
        if (one !== undefined) await judgeFile(staging, one, isEnv, path, judge);
      }
    }
  }
}

async function judgeFile(
  { blobs }: Staging,
  file: StagedFile,
  isEnv: boolean,
  by: string,
  judge: Judge,
): Promise<void> {
  const bytes = (await blobs.object(file.oid, maxBytes))?.bytes;
  if (bytes === undefined || file.mode === '120000') return;
  const text = bytes.toString('utf8');
  const said = new Set(
    judge.refused.find(({ path }) => path === file.path)?.findings.map(({ line }) => line),
  );
  const add = (line: number, column: number): void => {
    const message = `plaintext that a secretGenerator makes a Secret of (${by})`;
    if (!said.has(line)) judge.add(file, { rule, line, column, message, masked: '****' });
  };
  const lines = text.split(/\r?\n/);
  if (isEnv) {
    for (const [at, line] of lines.entries()) {
      const [, key = '', value = ''] = /^\s*([^#=\s][^=]*)=(.*)$/.exec(line) ?? [];
      const isPublic = value.trim() === '' || isPlaceholder(value.trim());
      if (isPublic || encrypted.test(value) || key.startsWith('sops_')) continue;
      if (!allowedInLine(line, rule)) add(at + 1, line.indexOf('=') + 2);
    }
    return;
  }
  const isCertificate = text.includes('-----BEGIN CERTIFICATE-----');
  if (text.trim() === '' || isCertificate || encrypted.test(text) || said.size > 0) return;
  if (isBinary(bytes) || !lines.some((line) => allowedInLine(line, rule))) add(1, 1);
}
