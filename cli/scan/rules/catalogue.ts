/** What a rule looks for, for `--rules` and `--explain`. */
export interface RuleAbout {
  id: string;
  title: string;
  /** Where the format is published. */
  source: string;
  remedy: string;
}

const seal = 'seal it with edgeseal seal, and give it to nobody in plaintext';

const structure: RuleAbout[] = [
  {
    id: 'kubernetes-secret',
    title: 'a Kubernetes Secret with values in it, also inside of a List, a template or a text',
    source: 'Kubernetes, API reference, Secret v1',
    remedy: 'edgeseal seal FILE --remove; what was pushed once is known: replace the values',
  },
  {
    id: 'unreadable-secret',
    title: 'a file that looks like a Secret with values, but cannot be parsed',
    source: 'Kubernetes, API reference, Secret v1',
    remedy: 'mend the file and scan it again, or seal what it holds',
  },
  {
    id: 'region-key',
    title: 'the private key of a region, which opens everything that is sealed for it',
    source: 'docs/FORMAT.md',
    remedy:
      'move it out of the repository; if it was pushed: edgeseal region revoke, and replace every value it could open',
  },
];

/** Every rule there is, by id. */
export async function catalogue(): Promise<RuleAbout[]> {
  return await Promise.resolve([...structure].sort((a, b) => (a.id < b.id ? -1 : 1)));
}

/** What to do about a finding of a rule. */
export async function remedyOf(id: string): Promise<string> {
  const rule = (await catalogue()).find((one) => one.id === id);
  return rule?.remedy ?? `revoke it where it was issued, make a new one, and ${seal}`;
}
