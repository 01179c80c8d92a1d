import { app, type IpcMainInvokeEvent, type Session, type WebContents } from 'electron';

/** The scheme of the window's own pages. */
export const SCHEME = 'app';

/** True for addresses that never leave this machine's process: our own pages and what they make themselves. */
function isOurs(url: string): boolean {
  return /^(app|blob|data|devtools):/.test(url);
}

/** Nothing is permitted to a page (camera, notifications, clipboard reading, devices …), and no request leaves the app. */
export function lockSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, reply) => reply(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.webRequest.onBeforeRequest((details, reply) => reply({ cancel: !isOurs(details.url) }));
  session.on('will-download', (event) => event.preventDefault());
}

/** No page navigates away, opens a window, or embeds another. */
export function lockNavigation(): void {
  app.on('web-contents-created', (_event, contents: WebContents) => {
    contents.on('will-navigate', (event) => event.preventDefault());
    contents.on('will-redirect', (event) => event.preventDefault());
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  });
}

/** True where a message comes from the main frame of the page that `origin` was given to. */
export function isTrustedSender(event: IpcMainInvokeEvent, origin: string): boolean {
  const frame = event.senderFrame;
  if (!frame || frame.parent !== null) return false;
  return frame.url === `${origin}/` || frame.url.startsWith(`${origin}/#`) || frame.url.startsWith(`${origin}/?`);
}
