import { useEffect, useMemo, useState } from 'react';
import type { ClassInfo } from '../../src-main/contract/dataset.ts';
import type { Example, FoundPreview } from '../../src-main/contract/preview.ts';
import { resources } from '../../src-main/contract/resources.ts';
import { paletteBytes } from '../canvas/palette.ts';
import type { Plane } from '../canvas/planes.ts';
import { loadPlane } from '../canvas/sources.ts';
import { LabelCanvas } from '../shared/LabelCanvas.tsx';

/** A few images of a folder with their label maps over them. */
export function Examples(props: {
  preview: FoundPreview;
  classes: ClassInfo[];
  overlay: boolean;
  only: number | null;
}) {
  const { preview, classes, overlay, only } = props;
  const palette = useMemo(() => {
    const others = classes.map((_, label) => label).filter((label) => only !== null && label !== only);
    return paletteBytes(classes, new Set(others));
  }, [classes, only]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: keys scroll it
    <section className="examples" aria-label="Examples" tabIndex={0} data-testid="import-examples">
      {preview.examples.map((example, index) => (
        <figure key={example.key} className="example" data-testid={`example-${index}`}>
          <div className="example-picture">
            <img src={resources.example(preview.key, index)} alt={`Example ${example.key}`} draggable={false} />
            {overlay && example.labelled && (
              <Overlay url={resources.exampleLabels(preview.key, index)} palette={palette} />
            )}
          </div>
          <Caption example={example} />
        </figure>
      ))}
    </section>
  );
}

function Caption({ example: { key, split, width, height, labelled } }: { example: Example }) {
  const name = key.startsWith(`${split}/`) ? key.slice(split.length + 1) : key;
  return (
    <figcaption className="row" title={`${key}, ${width} × ${height}`}>
      <span className="ellipsis grow">{name}</span>
      <span className="quiet">{labelled ? split : `${split}, no labels`}</span>
    </figcaption>
  );
}

/** A label map in its classes' colours, over the picture that it belongs to. */
function Overlay({ url, palette }: { url: string; palette: Uint8Array }) {
  const [labels, setLabels] = useState<Plane | null>(null);
  useEffect(() => {
    let wanted = true;
    // A preview that was forgotten meanwhile has no label maps to show.
    void loadPlane(url)
      .then((plane) => wanted && setLabels(plane))
      .catch(() => {});
    return () => {
      wanted = false;
    };
  }, [url]);
  return <LabelCanvas labels={labels} palette={palette} />;
}
