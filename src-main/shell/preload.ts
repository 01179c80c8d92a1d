import { contextBridge, ipcRenderer } from 'electron';
import type { Bridge } from '../contract/window.ts';

const listeners = new Set<(name: string, news: unknown) => void>();
ipcRenderer.on('news', (_event, name: string, news: unknown) => {
  for (const listener of listeners) listener(name, news);
});

const bridge: Bridge = {
  request: (name, params) => ipcRenderer.invoke('request', name, params),
  onNews: (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

contextBridge.exposeInMainWorld('stillroom', bridge);
