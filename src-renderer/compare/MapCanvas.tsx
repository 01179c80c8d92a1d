import { useEffect, useRef } from 'react';
import type { MapInfo } from '../../src-main/contract/inspection.ts';
import { loadMap } from '../canvas/sources.ts';
import { useLoaded } from '../canvas/use-picture.ts';
import { figure } from '../shared/format.ts';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { paintMap } from './colors.ts';

/** A float map in colours, with the values that its darkest and lightest colour stand for. */
export function MapCanvas({ map, whose, range }: { map: MapInfo; whose: string; range: [number, number] }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { value, error } = useLoaded<Float32Array>(map.url, () => loadMap(map.url));
  const [low, high] = range;
  useEffect(() => {
    if (!value || value.length !== map.width * map.height) return;
    const image = new ImageData(paintMap(value, [low, high]), map.width, map.height);
    canvas.current?.getContext('2d')?.putImageData(image, 0, 0);
  }, [value, low, high, map.width, map.height]);
  if (error) return <RefusalBox refusal={error} />;
  return (
    <figure style={{ margin: 0 }}>
      <canvas
        ref={canvas}
        width={map.width}
        height={map.height}
        role="img"
        aria-label={`${whose}, ${map.name}, values ${figure(map.range[0])} to ${figure(map.range[1])}`}
        data-testid={`map-${whose}-${map.name}`}
      />
      <figcaption className="row quiet" style={{ fontSize: 12, justifyContent: 'space-between' }}>
        <span>{figure(low)}</span>
        <span>
          {whose}, {map.width} × {map.height}
        </span>
        <span>{figure(high)}</span>
      </figcaption>
    </figure>
  );
}
