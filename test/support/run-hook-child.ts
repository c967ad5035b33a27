import { printError } from '../../cli/terminal/output.ts';
import { processIo } from '../../cli/terminal/io.ts';

// `node run-hook-child.ts pre-push ...`: what cli/launcher.cjs does with the bundle.
const [name = '', ...args] = process.argv.slice(2);
try {
  const hook = (await import(`../../hooks/${name}.ts`)) as {
    main: (args: string[]) => Promise<number>;
  };
  process.exitCode = await hook.main(args);
} catch (error) {
  printError(error, processIo());
  process.exitCode = 1;
}
