import type { EdgeSecret } from '../../../core/format/edge-secret.ts';
import type { MirrorState, SecretReason } from '../../../controller/status/reason.ts';
import type { Peers } from './peers.ts';
import type { Site } from './site.ts';

/** What the controller has to say of an attack, and where. */
interface Expected {
  /** State of the mirror that it came from; default: `Ok`. */
  mirror?: MirrorState;
  /** The condition Ready, where it is not `True Applied`: why nothing is changed. */
  ready?: string;
  /** Reasons of the secrets that are refused, by `namespace/name`; default: none. */
  secrets?: Record<string, SecretReason>;
  /** The words an operator reads: of the mirror, or else of the secret. */
  says?: string;
  /** In the table, where there is more to say than that. */
  note?: string;
}

/** The mirror is called invalid, in these words. */
export const invalid = (says: string) => ({ mirror: 'Invalid' as const, says });
/** The mirror is called unreachable, in these words. */
export const unreachable = (says: string) => ({ mirror: 'Unreachable' as const, says });

export interface Described {
  /** Unique; the name of the test. */
  id: string;
  /** What the attacker does, in one line. */
  attack: string;
  peers: Peers;
  expected: Expected;
}

/** One attack: what somebody does, what others make of it, and what has to come of it here. */
export interface Attack extends Described {
  /** What is there before: of what is applied after it, nothing may change. */
  setUp?: (site: Site) => unknown;
  strike: (site: Site) => unknown;
  /** Asserts what `expected` cannot say, after the round that met the attack. */
  check?: (site: Site) => unknown;
}

/** An attack by one sealed file: all of a family come in one snapshot, each in a secret's place of its own. */
export interface SecretAttack extends Described {
  /** What comes in the place of `next`, the secret's honest next version. Its name is `production/<id>`. */
  forge: (
    site: Site,
    next: EdgeSecret,
  ) => Uint8Array | EdgeSecret | Promise<Uint8Array | EdgeSecret>;
}

/** Attacks that are alike, and who is behind them. */
export interface Family<Kind extends Described = Attack> {
  title: string;
  /** Who attacks, and what they hold. */
  attacker: string;
  /** The test file that runs them. */
  test: string;
  attacks: Kind[];
}
