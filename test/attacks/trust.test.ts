import { heartbeat } from './cases/heartbeat.ts';
import { root } from './cases/root.ts';
import { runAttacks } from './kit/run.ts';

runAttacks(root);
runAttacks(heartbeat);
