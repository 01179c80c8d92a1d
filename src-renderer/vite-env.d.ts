/// <reference types="vite/client" />
import type { Bridge } from '../src-main/contract/window.ts';

declare global {
  interface Window {
    /** The host, put there by the preload; absent in a browser. */
    stillroom?: Bridge;
    /** Read by packages that make style elements themselves. */
    __webpack_nonce__?: string;
  }
}
