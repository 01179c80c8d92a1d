import { z } from 'zod';

// The page's policy forbids eval: without this zod would try it once, and the refusal would be logged.
z.config({ jitless: true });

/** The page's style nonce, which the host writes into the page; undefined on a page without one. */
export const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';
window.__webpack_nonce__ = nonce;
