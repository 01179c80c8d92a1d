import path from 'node:path';
import type { Command } from 'commander';
import { appFolder } from '../base/folders.ts';
import { Problem } from '../contract/problem.ts';
import { serve } from '../serve/server.ts';
import { Workbench } from '../workbench/workbench.ts';
import { version } from './version.ts';

/** `stillroom serve`: the window's pages in a browser, for a machine without a screen. */
export function serveCommand(program: Command): void {
  program
    .command('serve')
    .description(
      'serve the window to a browser on this machine (through an SSH tunnel: ssh -L PORT:127.0.0.1:PORT HOST)',
    )
    .option('--project <folder>', 'open this project')
    .option('--port <port>', 'port on 127.0.0.1; 0 takes a free one', '0')
    .option('--json', 'print the address as JSON')
    .action(async (options: { project?: string; port: string; json?: boolean }) => {
      const port = Number(options.port);
      if (!Number.isInteger(port) || port < 0 || port > 65535) {
        throw new Problem(`--port takes a number from 0 to 65535, not ${options.port}.`);
      }
      const workbench = new Workbench({ home: 'browser', version: version(), root: appFolder() });
      if (options.project !== undefined) await workbench.openProject(path.resolve(options.project));
      const served = await serve(workbench, { port, root: path.join(appFolder(), 'dist', 'renderer') });
      process.stdout.write(options.json ? `${JSON.stringify({ url: served.url })}\n` : `${served.url}\n`);
      if (!options.json) process.stderr.write('Open this address in a browser on this machine. Ctrl+C stops.\n');
      await new Promise<void>((resolve) => {
        process.once('SIGINT', () => resolve());
        process.once('SIGTERM', () => resolve());
      });
      await served.close();
      await workbench.close({ stopRuns: true });
    });
}
