// Which folder may import what. The lint rule below reads this table and nothing else, so a change of the
// architecture is a change of these lines. Plain JavaScript, because editors run ESLint with any Node.

import path from 'node:path';

/**
 * For each folder, the other folders it may import. A folder may always import itself, and the files that lie
 * in core/ itself (the error class, the wrapper of secret bytes), which import nothing but each other.
 */
const folders = {
  'core/format': [],
  'core/crypto': ['core/format'],
  'core/trust': ['core/format'],
  'core/policy': ['core/format'],
  'core/scan': ['core/format'],
  'core/git': ['core/format'],
  'core/kube': ['core/format'],
  'core/secret': ['core/format', 'core/crypto', 'core/trust', 'core/policy'],
  'core/channel': ['core/format', 'core/crypto', 'core/trust', 'core/policy', 'core/secret'],
  'core/repository': ['core/format', 'core/crypto', 'core/trust', 'core/policy', 'core/secret'],
  hooks: ['core'],
  controller: ['core'],
  // `edgeseal controller` starts the controller: lazily, and only from that command.
  cli: ['core', 'hooks'],
  'cli/commands/controller.ts': ['core', 'cli', 'controller'],
};

/** The one folder that may import each third-party library; everyone else goes through it. */
const libraries = {
  zod: ['core/format'],
  yaml: ['core/format'],
  'smol-toml': ['core/format'],
  'libsodium-wrappers': ['core/crypto'],
  picomatch: ['core/policy'],
  commander: ['cli'],
  pino: ['controller'],
  'prom-client': ['controller'],
  '@octokit/core': ['cli/review/github'],
  '@octokit/plugin-paginate-rest': ['cli/review/github'],
  '@octokit/plugin-retry': ['cli/review/github'],
  '@octokit/plugin-throttling': ['cli/review/github'],
};

/** Parts of Node that not everyone may use: no process is started, nothing is dialled, from core. */
const network = ['core/git', 'core/kube', 'cli', 'controller'];
const builtins = {
  child_process: ['cli', 'hooks', 'controller'],
  cluster: [],
  worker_threads: ['cli', 'controller'],
  net: network,
  http: network,
  https: network,
  http2: network,
  tls: network,
  dns: network,
  dgram: network,
};

const within = (file, folder) => file === folder || file.startsWith(`${folder}/`);

const shared = (file) => /^core\/[^/]+\.ts$/.test(file);

/** The longest key of the table that the file lies in; a folder of core without one stands for itself. */
const ownerOf = (file) =>
  Object.keys(folders)
    .filter((folder) => within(file, folder))
    .sort((a, b) => b.length - a.length)[0] ?? /^core\/[^/]+/.exec(file)?.[0];

/** Why `file` (relative to the repository) must not import `specifier`, or undefined. */
export function refusal(file, specifier) {
  const owner = ownerOf(file);
  if (owner === undefined) return undefined; // tests, tools, bench, demo: anything
  const allowed = folders[owner] ?? [];
  if (specifier.startsWith('.') || path.posix.isAbsolute(specifier)) {
    const target = path.posix.join(path.posix.dirname(file), specifier);
    if (shared(target) || [owner, ...allowed].some((folder) => within(target, folder)))
      return undefined;
    return `${owner} must not import ${target}; it may import ${['itself', ...allowed].join(', ')}`;
  }
  const module = specifier.replace(/^node:/, '').split('/')[0];
  const name = specifier.startsWith('@') ? specifier.split('/').slice(0, 2).join('/') : module;
  if (Object.hasOwn(builtins, module)) {
    if (builtins[module].some((folder) => within(file, folder))) return undefined;
    return `node:${module} is for ${builtins[module].join(', ') || 'nobody'}, not for ${owner}`;
  }
  if (specifier.startsWith('node:')) return undefined;
  if (!Object.hasOwn(libraries, name)) {
    return `${name} has no owning folder: name one in tools/borders.js, with a line in docs/decisions/0001-libraries.md`;
  }
  if (libraries[name].some((folder) => within(file, folder))) return undefined;
  return `${name} belongs to ${libraries[name].join(', ')}: ask that folder instead`;
}

/** @type {import('eslint').Rule.RuleModule} */
export const borders = {
  meta: { type: 'problem', schema: [], docs: { description: 'imports stay within the borders' } },
  create(context) {
    const file = path.relative(context.cwd, context.filename).split(path.sep).join('/');
    const check = (node, source) => {
      if (source?.type !== 'Literal' || typeof source.value !== 'string') return;
      const message = refusal(file, source.value);
      if (message !== undefined) context.report({ node, message });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source),
      ExportNamedDeclaration: (node) => check(node, node.source),
      ExportAllDeclaration: (node) => check(node, node.source),
      ImportExpression: (node) => check(node, node.source),
      TSImportType: (node) => check(node, node.source ?? node.argument?.literal),
      CallExpression: (node) => {
        if (node.callee.type === 'Identifier' && node.callee.name === 'require') {
          check(node, node.arguments[0]);
        }
      },
    };
  },
};
