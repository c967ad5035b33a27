import { heartbeat } from './cases/trust/heartbeat.ts';
import { root } from './cases/trust/root.ts';
import { signature } from './cases/trust/signature.ts';
import { runAttacks } from './kit/run.ts';

runAttacks(root);
runAttacks(signature);
runAttacks(heartbeat);
