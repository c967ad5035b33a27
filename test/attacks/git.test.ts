import { transport } from './cases/transport.ts';
import { runAttacks } from './kit/run.ts';

runAttacks(transport);
