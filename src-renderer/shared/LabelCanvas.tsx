import { useEffect, useRef } from 'react';
import { paintPlane } from '../canvas/plain.ts';
import type { Plane } from '../canvas/planes.ts';

const OPACITY = 0.6;

/** A label map in its classes' colours, over the picture that it belongs to. */
export function LabelCanvas({ labels, palette }: { labels: Plane | null; palette: Uint8Array }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (!labels) return;
    const pixels = new ImageData(paintPlane(labels, palette, OPACITY), labels.width, labels.height);
    canvas.current!.getContext('2d')!.putImageData(pixels, 0, 0);
  }, [labels, palette]);
  return <canvas ref={canvas} width={labels?.width ?? 1} height={labels?.height ?? 1} aria-hidden />;
}
