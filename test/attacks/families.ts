import { author } from './cases/author.ts';
import { cluster } from './cases/cluster.ts';
import { heartbeat } from './cases/heartbeat.ts';
import { leaks } from './cases/leaks.ts';
import { listing } from './cases/listing.ts';
import { local } from './cases/local.ts';
import { mirror } from './cases/mirror.ts';
import { pasteFamily } from './cases/paste.ts';
import { publisher } from './cases/publisher.ts';
import { objects } from './cases/objects.ts';
import { root } from './cases/root.ts';
import { store } from './cases/store.ts';
import { transport } from './cases/transport.ts';
import { yamlFamily } from './cases/yaml.ts';
import type { Described, Family } from './kit/attack.ts';

/** All of them, in the order of docs/ATTACKS.md. */
export const families: Family<Described>[] = [
  mirror,
  publisher,
  root,
  heartbeat,
  author,
  pasteFamily,
  listing,
  transport,
  objects,
  local,
  store,
  cluster,
  leaks,
  yamlFamily,
];
