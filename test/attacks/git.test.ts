import { protocol } from './cases/git/protocol.ts';
import { redirect } from './cases/git/redirect.ts';
import { transport } from './cases/git/transport.ts';
import { runAttacks } from './kit/run.ts';

runAttacks(transport);
runAttacks(redirect);
runAttacks(protocol);
