/** OpenCV, compiled to WebAssembly (`@techstark/opencv-js`); loaded when first needed, which takes half a second. */
import { createRequire } from 'node:module';
import type cvTypes from '@techstark/opencv-js';

export type OpenCv = typeof cvTypes;

let loaded: Promise<{ cv: OpenCv }> | null = null;

/** Wrapped in an object: the module itself has a `then` that never settles. */
export function openCv(): Promise<{ cv: OpenCv }> {
  loaded ??= new Promise((resolve) => {
    const cv = createRequire(import.meta.url)('@techstark/opencv-js') as OpenCv & { onRuntimeInitialized: () => void };
    cv.onRuntimeInitialized = () => resolve({ cv });
  });
  return loaded;
}
