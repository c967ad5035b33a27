import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Programs that we measure ourselves against, as Go packages with the version that the figures are of. */
const peers = {
  kubeseal: 'github.com/bitnami-labs/sealed-secrets/cmd/kubeseal@v0.36.6',
} as const;

/**
 * Path of a peer's program: from the cache folder, else built there once where Go is installed.
 *
 * @returns undefined where it cannot be had; the row is then printed without its peer
 */
export function peer(name: keyof typeof peers): string | undefined {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(cache, 'edgeseal-bench');
  const program = join(folder, name);
  if (existsSync(program)) return program;
  if (spawnSync('go', ['version']).status !== 0) return undefined;
  mkdirSync(folder, { recursive: true });
  process.stdout.write(`building ${peers[name]} (once, a few minutes)\n`);
  try {
    execFileSync('go', ['install', peers[name]], {
      env: { ...process.env, GOBIN: folder },
      stdio: 'inherit',
    });
  } catch {
    return undefined;
  }
  return program;
}
