/** Options that several commands share, each described once. */

export const output = ['-o, --output <format>', 'text or json', ['text', 'json']] as const;
export const signingKey = [
  '--signing-key <file>',
  'your SSH key (default: found as Git and ssh find it)',
] as const;
export const noSign = ['--no-sign', 'leave it unsigned: another author signs it later'] as const;
export const regions = [
  '--regions <names>',
  'regions that may read it; the policy is changed to say so',
  'list',
] as const;
export const regionKeys = [
  '--key <file>',
  'private region key file; may be given more than once',
  'many',
] as const;
export const openingKeys = [
  '--key <file>',
  'also open everything that is wrapped for this private key, and print nothing of it; may be given more than once',
  'many',
] as const;
export const namespace = [
  '-n, --namespace <name>',
  'namespace, where the manifest names none',
] as const;

/** Which cluster is meant, and where in it a region's controller is. */
export const cluster = [
  ['--context <name>', 'context of the kubeconfig (default: the current one)'],
  ['--kubeconfig <file>', 'the kubeconfig (default: KUBECONFIG, then ~/.kube/config)'],
  ['-n, --namespace <name>', "the controller's namespace (default: edgeseal-system)"],
] as const;

/** Options of `kubectl create secret`, with its names. */
export const fromFlags = [
  [
    '--from-literal <key=value>',
    'as kubectl has it; the value shows in your shell history and process list',
    'many',
  ],
  ['--from-file <[key=]path>', 'a file as a value; - is standard input', 'many'],
  ['--from-env-file <path>', 'a file of KEY=VALUE lines', 'many'],
  ['--prompt <key>', 'ask for the value, hidden; may be given more than once', 'many'],
] as const;

export const sealing = [namespace, regions, signingKey, noSign, output] as const;
