import type { ScanFinding } from '../core/scan/finding.ts';
import { scanFile } from '../core/scan/scan-file.ts';
import type { Refused } from './refusal.ts';
import { Staging } from './staged.ts';
import type { HookIo } from './staged.ts';

/**
 * The pre-commit hook: refuses plaintext Secrets and private region keys in exactly what is staged, also in
 * the first commit, and says how to mend it.
 *
 * @param _args Git gives this hook none
 * @returns 0 where the commit may go on, 1 where not
 */
export async function main(_args: string[], io: HookIo = processIo()): Promise<number> {
  const staging = new Staging(io);
  try {
    const files = await staging.files();
    const refused: Refused[] = [];
    let settings: string[] | undefined;
    let index = 0;
    for await (const bytes of staging.read(files)) {
      const file = files[index];
      index += 1;
      if (file === undefined) break;
      const findings: ScanFinding[] =
        bytes === undefined ? tooLong(io, file.path) : await scanFile(file.path, bytes);
      if (
        findings.length === 0 &&
        bytes !== undefined &&
        /(?:^|\/)secrets\/.*\.yaml$/.test(file.path)
      ) {
        settings ??= await settingsIn(staging);
        findings.push(...(await scanSealed(file.path, bytes, settings)));
      }
      if (findings.length > 0) refused.push({ ...file, findings });
    }
    if (refused.length === 0) return 0;
    const { refusal } = await import('./refusal.ts');
    settings ??= await settingsIn(staging);
    const theirs = await staging.mergedCommit();
    // Where the person stands: Git runs a hook at the top.
    const here = io.env['GIT_PREFIX'] ?? '';
    io.stderr.write(refusal(refused, settings, { here, theirs }));
    return 1;
  } finally {
    staging.close();
  }
}

async function settingsIn(staging: Staging): Promise<string[]> {
  const args = ['ls-files', '-z', '--full-name', '--', ':(top,glob)**/edgeseal.yaml'];
  return (await staging.output(args)).split('\0').filter((path) => path !== '');
}

/** The schemas take longer to load than all else here: only where a sealed file is staged. */
async function scanSealed(
  path: string,
  bytes: Uint8Array,
  settings: readonly string[],
): Promise<ScanFinding[]> {
  const folder = settings
    .map((file) => file.slice(0, -'edgeseal.yaml'.length))
    .find((prefix) => path.startsWith(`${prefix}secrets/`));
  if (folder === undefined) return [];
  const { findUnreadable } = await import('./sealed-file.ts');
  return findUnreadable(path.slice(folder.length), bytes);
}

function tooLong(io: HookIo, path: string): ScanFinding[] {
  io.stderr.write(`edgeseal: warning: ${JSON.stringify(path)} is too large to be looked at\n`);
  return [];
}

function processIo(): HookIo {
  return { cwd: process.cwd(), env: process.env, stderr: process.stderr };
}
