/** `node demo/mirror.ts FOLDER PORT`: serves the Git repositories of a folder over HTTP on loopback. */
import { serveGit } from '../tools/git-server.ts';

const [root = '', port = '0'] = process.argv.slice(2);
if (root === '') {
  process.stderr.write('usage: node demo/mirror.ts FOLDER PORT\n');
  process.exit(2);
}
const server = await serveGit({ root, port: Number(port) });
process.stdout.write(`serving ${root} at ${server.url}\n`);
const stop = (): void => {
  void server.close().then(() => process.exit(0));
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
