// Root `dependencies` script: puts Node 24 first on the PATH of npm scripts where npm did not. npm 10 (which comes with
// Node 20) gives node_modules/.bin/node to the first package that wants it, even one for another platform
// that it then does not install. Not `prepare`: that also runs where somebody installs the packed edgeseal by its
// path, and the package has no such file.
'use strict';

const fs = require('fs');
const path = require('path');

const modules = path.join(__dirname, '../../node_modules');
const link = path.join(modules, '.bin/node');
const found = fs
  .readdirSync(modules)
  .find(
    (name) =>
      /^node-(bin-)?[a-z0-9]+-[a-z0-9]+$/.test(name) &&
      name.endsWith(`-${process.platform}-${process.arch}`) &&
      fs.existsSync(path.join(modules, name, 'bin/node')),
  );

if (found !== undefined && !fs.existsSync(link)) {
  fs.rmSync(link, { force: true });
  fs.symlinkSync(path.join('..', found, 'bin/node'), link);
}
