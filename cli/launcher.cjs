#!/usr/bin/env node
// The installed command, shipped as dist/edgeseal.cjs. ES5 but for import(), so that an old Node can still
// read it and say what is wrong in one line, instead of a SyntaxError from the bundle.
'use strict';

var path = require('path');

var needed = [22, 19];
var have = process.versions.node.split('.');
var isOld = have[0] < needed[0] || (Number(have[0]) === needed[0] && have[1] < needed[1]);

/** Errors that nobody foresaw: only our own messages are known to be free of plaintext. */
function fail(error) {
  var own = error && error.name === 'EdgesealError';
  var what = own
    ? error.message
    : 'unexpected ' + ((error && (error.code || error.name)) || 'failure');
  process.stderr.write('edgeseal: error: ' + what + '\n');
  if (own && error.hint) process.stderr.write('edgeseal: hint: ' + error.hint + '\n');
  if (process.env.EDGESEAL_DEBUG && error && error.stack) process.stderr.write(error.stack + '\n');
  process.exitCode = 1;
}

/**
 * Keeps compiled code between runs. Node's default place, /tmp/node-compile-cache, can be made beforehand
 * by any other user of the machine, and what lies there is run: so only in a folder that is ours alone.
 */
function keepCompiled() {
  var fs = require('fs');
  var os = require('os');
  var cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
  if (!process.getuid || !path.isAbsolute(cache)) return;
  var folder = path.join(cache, 'edgeseal');
  fs.mkdirSync(folder, { recursive: true, mode: 448 });
  var stat = fs.lstatSync(folder);
  if (!stat.isDirectory() || stat.uid !== process.getuid() || (stat.mode & 63) !== 0) return;
  require('module').enableCompileCache(path.join(folder, 'compiled'));
}

function start() {
  var args = process.argv.slice(2);
  // To mend takes the whole command line; a hook itself does not.
  var isHook =
    args[0] === 'hook' && /^[a-z][a-z-]*$/.test(args[1] || '') && args.indexOf('--fix') < 0;
  var hook = isHook && path.join(__dirname, 'hooks', args[1] + '.js');
  if (hook && require('fs').existsSync(hook)) {
    // A hook runs at every commit: it loads its own bundle and nothing of the command line's.
    return run(hook, args.slice(2));
  }
  var textconv = path.join(__dirname, 'hooks', 'textconv.js');
  // Git runs it for every file that it shows.
  if (args[0] === 'textconv' && args.length === 2 && require('fs').existsSync(textconv))
    return run(textconv, args.slice(1));
  return run(path.join(__dirname, 'bin.js'), args);
}

/** A bundle either works when it is loaded, or exports main(args), which gives the exit code. */
function run(file, args) {
  import(require('url').pathToFileURL(file).href)
    .then(function (module) {
      return module.main ? module.main(args) : undefined;
    })
    .then(function (code) {
      if (typeof code === 'number') process.exitCode = code;
    })
    .catch(fail);
}

if (isOld) {
  process.stderr.write(
    'edgeseal: error: Node ' +
      needed.join('.') +
      ' or newer is needed; this is ' +
      process.versions.node +
      ' (' +
      process.execPath +
      '). install a newer Node, or put this before the command: npx -y -p node@24 --\n',
  );
  process.exitCode = 2;
} else {
  try {
    keepCompiled();
  } catch (error) {
    // A read-only or missing home directory: only slower.
  }
  start();
}
