import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { borders } from './tools/borders.js';

const source = ['core/**/*.ts', 'cli/**/*.ts', 'controller/**/*.ts', 'hooks/**/*.ts'];

/** Rules of ESLint itself that catch mistakes which types do not. */
const mistakes = {
  eqeqeq: 'error',
  'no-fallthrough': 'error',
  'no-empty': 'error',
  'no-unsafe-finally': 'error',
  'no-misleading-character-class': 'error',
  'no-irregular-whitespace': 'error',
  'no-useless-escape': 'error',
  'no-self-compare': 'error',
  'no-template-curly-in-string': 'error',
  'no-promise-executor-return': 'error',
  'no-async-promise-executor': 'error',
  'no-constructor-return': 'error',
  'no-unmodified-loop-condition': 'error',
  'prefer-const': 'error',
};

export default defineConfig(
  globalIgnores(['dist/', 'node_modules/', 'repo-template/', 'test/seed/*.yaml', '**/.cache/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' }, rules: mistakes },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // An interface that some implement with I/O and others without is fine.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    files: source,
    plugins: { house: { rules: { borders } } },
    rules: {
      'house/borders': 'error',
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    // core is a library: it prints nothing, ends no process, and draws randomness from the OS only.
    files: ['core/**/*.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        ...['stdin', 'stdout', 'stderr', 'exit', 'exitCode', 'abort', 'kill'].map((property) => ({
          object: 'process',
          property,
          message: 'core prints nothing and ends no process: return, or throw an EdgesealError',
        })),
        { object: 'Math', property: 'random', message: 'use node:crypto or libsodium' },
      ],
    },
  },
  {
    files: ['core/**/*.ts', 'hooks/**/*.ts'],
    ignores: ['core/git/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest'].map((name) => ({
          name,
          message: 'only core/git, cli and controller touch the network',
        })),
      ],
    },
  },
  {
    // A hostile pack is read in a forked copy of the controller; no other program is ever run.
    files: ['controller/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: 'node:child_process',
              allowImportNames: ['fork', 'ChildProcess'],
              message: 'the controller forks itself and runs no other program',
            },
          ],
        },
      ],
    },
  },
  {
    // Tests and tools read JSON whose shape they know, and index into what they just made.
    files: ['test/**/*.ts', 'bench/**/*.ts', 'tools/**/*.ts', 'demo/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-dynamic-delete': 'off',
    },
  },
  {
    // The launcher must parse on the oldest Node that a distribution still ships.
    files: ['cli/launcher.cjs'],
    languageOptions: { ecmaVersion: 2020, sourceType: 'commonjs' },
  },
);
