import { contextBridge, ipcRenderer } from 'electron';
import type { Bridge } from '../contract/window.ts';

const bridge: Bridge = {
  request: (name, params) => ipcRenderer.invoke('request', name, params),
  onNews: (listener) => {
    const relay = (_event: unknown, name: string, news: unknown): void => listener(name, news);
    ipcRenderer.on('news', relay);
    return () => ipcRenderer.off('news', relay);
  },
};

contextBridge.exposeInMainWorld('stillroom', bridge);
