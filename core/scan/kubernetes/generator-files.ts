import { get, itemsOf, textAt } from '../structure/node.ts';
import { readDocuments } from '../structure/read.ts';

/** Files that the secretGenerators of a kustomization make Secrets of, from its folder; `isEnv` for those of lines. */
export function filesOfGenerators(text: string): { file: string; isEnv: boolean }[] {
  const found: { file: string; isEnv: boolean }[] = [];
  for (const { root } of readDocuments(text)) {
    for (const generator of itemsOf(get(root, 'secretGenerator'))) {
      const env = textAt(generator, 'env');
      if (env !== undefined) found.push({ file: env, isEnv: true });
      for (const field of ['envs', 'files'])
        for (const node of itemsOf(get(generator, field))) {
          const value = textAt(node) ?? '';
          const file = field === 'envs' ? value : value.slice(value.indexOf('=') + 1);
          if (file !== '') found.push({ file, isEnv: field === 'envs' });
        }
    }
  }
  return found;
}
