import type { Peers } from './kit/peers.ts';
import { noDisk, notChecked, replayed } from './kit/peers.ts';

/** An attack, or a mishap, that another suite shows, as it has the means for it. */
interface Elsewhere {
  attack: string;
  peers: Peers;
  ours: string;
  /** Test file › a part of the name that is in it. */
  test: string;
}

export const elsewhere: Elsewhere[] = [
  {
    attack: 'kills the controller at any call on its store or its target, or has that call fail',
    peers: noDisk,
    ours: 'after each: the last good state, or the next one, never half a secret, never a lower mark',
    test: 'test/crash/calls.test.ts › with harm at one call',
  },
  {
    attack: 'kills the controller at every system call that writes',
    peers: noDisk,
    ours: 'likewise',
    test: 'test/crash/syscalls/syscalls.test.ts › ',
  },
  {
    attack: 'cuts the power: what was not synced is lost, in any order',
    peers: noDisk,
    ours: 'likewise',
    test: 'test/crash/power/power-loss.test.ts › ',
  },
  {
    attack: 'fills the disk below the store',
    peers: noDisk,
    ours: 'it is named, nothing is half written, and it is over once there is room',
    test: 'test/controller/store.test.ts › is named, leaves nothing half written, and is over once there is room',
  },
  {
    attack:
      'merges another public key into `regions/`, so that later seals can be read by a stranger',
    peers: {
      sealedSecrets: 'whoever gives the author another certificate reads what is sealed with it',
    },
    ours: 'seal refuses a key that the trust root does not list; publish holds that region back',
    test: "test/cli/publish-held.test.ts › keeps nobody else: a stranger's key in regions/ is named",
  },
  {
    attack: 'commits a plaintext Secret by accident',
    peers: { gitleaks: 'finds values that look like keys, not a Secret as such' },
    ours: 'the hook refuses it, and says what to do',
    test: 'test/hooks/pre-commit.test.ts › is refused with a plaintext Secret, and says what to do',
  },
  {
    attack: 'has the API server quote a value in its refusal, so that it is in status and Events',
    peers: notChecked,
    ours: 'values are taken out of what a server says, however it writes them',
    test: 'test/cluster/target-refusal.test.ts › by an admission policy is told with its words, but for the values that it quotes',
  },
  {
    attack: 'brings back an EdgeSecret object, or one that was withdrawn',
    peers: replayed,
    ours: 'floors outlive objects',
    test: 'test/cluster/objects-replay.test.ts › ',
  },
  {
    attack: 'rewrites main, and publishes from it',
    peers: {
      sealedSecrets: 'fetches nothing itself',
      flux: 'takes a forced push like any other [GitRepository]',
    },
    ours: 'publish refuses a source that does not descend from the last one',
    test: 'test/cli/publish-trust.test.ts › that was rewritten is refused',
  },
];
