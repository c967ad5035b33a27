import { EdgesealError } from '../../core/errors.ts';
import type { Io } from '../terminal/io.ts';

/** The hooks there are. The installed command goes to their bundles directly; this is the way in a checkout. */
const hooks: Record<string, () => Promise<{ main: (args: string[], io: Io) => Promise<number> }>> =
  {
    'pre-commit': () => import('../../hooks/pre-commit.ts'),
    'commit-msg': () => import('../../hooks/commit-msg.ts'),
    'pre-push': () => import('../../hooks/pre-push.ts'),
    'pre-receive': () => import('../../hooks/pre-receive.ts'),
  };

/** Runs a Git hook by its name. */
export async function run(io: Io, args: string[]): Promise<number> {
  const [name = '', ...rest] = args;
  const load = Object.hasOwn(hooks, name) ? hooks[name] : undefined;
  if (load === undefined) {
    throw new EdgesealError('input-usage', `there is no hook ${name}`, {
      hint: `hooks: ${Object.keys(hooks).join(', ')}`,
    });
  }
  if (name === 'pre-commit' && rest.includes('--fix')) {
    const fix = await import('./fix.ts');
    return await fix.run(io, [], {});
  }
  const { main } = await load();
  return await main(rest, io);
}
