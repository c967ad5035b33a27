import type { SecretChange } from '../diff/secret-change.ts';
import type { SettingsChange } from '../diff/settings-change.ts';
import type { Words } from './words.ts';

/** `refused` must not be merged; `attention` may be, once somebody has looked. */
export type Verdict = 'ok' | 'attention' | 'refused';

/** What a verdict rests on. */
export interface Reason {
  level: 'refused' | 'attention';
  /** For scripts: a closed set. */
  kind:
    | 'conflict'
    | 'leak'
    | 'signature'
    | 'sealed'
    | 'settings'
    | 'trust'
    | 'exposed'
    | 'deleted'
    | 'tool';
  words: Words;
  /** The way out. */
  hint?: string | undefined;
  /** From the top of the Git repository. */
  file?: string | undefined;
  line?: number | undefined;
}

/** One sealed file that the change touches, and the items that each region reads, recovery recipients left out. */
export interface SecretReview extends SecretChange {
  items: { before: ItemsByRegion; after: ItemsByRegion };
}

/** Names of items, sorted, by region. */
export type ItemsByRegion = ReadonlyMap<string, readonly string[]>;

/** What a merge does to one secret in one region. */
export interface Effect {
  secret: SecretReview;
  kind: 'new' | 'changed' | 'gained' | 'lost' | 'deleted' | 'unreadable';
  added: readonly string[];
  replaced: readonly string[];
  removed: readonly string[];
  template: readonly string[];
}

/** What publish would do with a region once this is merged. */
export interface Forecast {
  state: 'new-snapshot' | 'unchanged' | 'failed';
  /** Sequences; `before` undefined where nothing is published, or this clone does not know the channel. */
  before: number | undefined;
  after: number | undefined;
  error: string | undefined;
}

export interface RegionReview {
  region: string;
  effects: Effect[];
  /** Absent where it cannot be told: the settings do not hold. */
  forecast: Forecast | undefined;
  /** Secrets that publish would hold back here, with the version that stays; undefined where they stay out. */
  held: { secret: string; version: number | undefined }[];
}

/** Something found in what the change brings; it holds no character of a value. */
export interface Leak {
  commit: string;
  /** From the top of the Git repository; undefined for a commit's message. */
  path: string | undefined;
  rule: string;
  line: number;
  column: number;
  message: string;
  masked: string;
  /** Whether the file, as it is in the end, still has it: if not, history has it all the same. */
  standing: boolean;
  /** Whether the change's own allow list or rules leave it alone, and main's do not. */
  allowedByItself: boolean;
}

/** A next trust root, in force or proposed. */
export interface TrustReview {
  before: number;
  after: number;
  /** Of {@link rootDifference}. */
  lines: string[];
  signedBy: string[];
  /** What a proposed one still lacks; undefined for one that comes into force. */
  missing: string | undefined;
}

/** Everything that is said of a change. */
export interface Review {
  verdict: Verdict;
  reasons: Reason[];
  base: { name: string; commit: string };
  head: string;
  /** How many commits the change has. */
  commits: number;
  /** Of `edgeseal.yaml`. */
  repository: { id: string; name: string };
  root: { number: number; sha256: string };
  regions: RegionReview[];
  /** Of files that it touches, and of those that its settings put into another light. */
  secrets: SecretReview[];
  /** Policy, regions, settings; what it does to trust is told apart. */
  settings: SettingsChange[];
  trust: TrustReview[];
  leaks: Leak[];
}
