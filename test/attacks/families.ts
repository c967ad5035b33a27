import { author } from './cases/author.ts';
import { pack } from './cases/git/pack.ts';
import { protocol } from './cases/git/protocol.ts';
import { redirect } from './cases/git/redirect.ts';
import { transport } from './cases/git/transport.ts';
import { tree } from './cases/git/tree.ts';
import { heartbeat } from './cases/trust/heartbeat.ts';
import { root } from './cases/trust/root.ts';
import { signature } from './cases/trust/signature.ts';
import { cluster } from './cases/cluster.ts';
import { leaks } from './cases/leaks.ts';
import { listing } from './cases/listing.ts';
import { local } from './cases/local.ts';
import { mirror } from './cases/mirror.ts';
import { pasteFamily } from './cases/paste.ts';
import { publisher } from './cases/publisher.ts';
import { store } from './cases/store.ts';
import { yamlFamily } from './cases/yaml.ts';
import type { Described, Family } from './kit/attack.ts';

/** All of them, in the order of docs/ATTACKS.md. */
export const families: Family<Described>[] = [
  mirror,
  publisher,
  root,
  signature,
  heartbeat,
  author,
  pasteFamily,
  listing,
  transport,
  redirect,
  protocol,
  tree,
  pack,
  local,
  store,
  cluster,
  leaks,
  yamlFamily,
];
