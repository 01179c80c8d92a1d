/** A Debian package out of the unpacked application, where dpkg-deb is there. */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { startProgress } from './progress.mjs';
import { collect } from './run.mjs';

/** Either name of the libraries that Debian renamed for 64-bit time. */
const DEPENDS = [
  ...['libgtk-3-0', 'libasound2', 'libatk-bridge2.0-0', 'libcups2'].map((name) => `${name} | ${name}t64`),
  ...['libnss3', 'libgbm1', 'libxss1', 'libxkbcommon0', 'libxtst6', 'libnotify4', 'libsecret-1-0', 'xdg-utils'],
  // oneDNN's threads.
  'libgomp1',
  ...['python3-pip'],
];

/**
 * @param {string} folder the unpacked application
 * @param {string} file the package to make
 * @returns {Promise<string | undefined>} the package; undefined where dpkg-deb is not there
 */
export async function makeDeb(folder, file) {
  if (!(await collect('dpkg-deb', ['--version'])).ok) return undefined;
  const progress = startProgress(`Packing ${path.basename(file)}`);
  const root = `${file}.tree`;
  try {
    const home = path.join(root, 'usr/lib/stillroom');
    fs.mkdirSync(path.dirname(home), { recursive: true });
    const copied = await collect('cp', ['-a', folder, home]);
    if (!copied.ok) throw new Error(`${home} could not be written: ${copied.why}`);
    // Owned by root in the package, so that Chromium's sandbox works without user namespaces too.
    fs.chmodSync(path.join(home, 'chrome-sandbox'), 0o4755);
    fs.mkdirSync(path.join(root, 'usr/bin'), { recursive: true });
    fs.symlinkSync('../lib/stillroom/stillroom', path.join(root, 'usr/bin/stillroom'));
    write(path.join(root, 'usr/share/applications/stillroom.desktop'), DESKTOP);
    write(path.join(root, 'DEBIAN/control'), control());
    const built = await collect('dpkg-deb', ['--root-owner-group', '-Zgzip', '--build', root, file]);
    if (!built.ok) throw new Error(`${file} could not be built: ${built.why}`);
    progress.done();
    return file;
  } finally {
    fs.rmSync(root, { recursive: true, force: true });
  }
}

const DESKTOP = `[Desktop Entry]
Type=Application
Name=Stillroom
Comment=Distil small semantic-segmentation networks out of large ones
Exec=/usr/bin/stillroom open %f
Terminal=false
Categories=Science;
`;

function control() {
  const { name, version, description, author } = createRequire(import.meta.url)('../package.json');
  return `Package: ${name}
Version: ${version}
Architecture: amd64
Maintainer: ${author}
Section: science
Priority: optional
Depends: ${DEPENDS.join(', ')}
Description: ${description}
`;
}

/** @param {string} file @param {string} text */
function write(file, text) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}
