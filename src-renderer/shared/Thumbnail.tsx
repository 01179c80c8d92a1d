import { resources } from '../../src-main/contract/resources.ts';
import { useApp } from '../state/app.ts';
import { labelVersion } from '../state/label-versions.ts';
import { useOverlay } from '../state/overlay.ts';

/**
 * An image's thumbnail and, where the user wants to see them, its labels over it. They are two elements in one place: what
 * holds them is a grid.
 */
export function Thumbnail({ item, labelled }: { item: number; labelled: boolean }) {
  const labels = useApp((state) => state.settings.thumbnailLabels);
  return (
    <>
      <img className="thumbnail" src={resources.thumbnail(item)} alt="" decoding="async" draggable={false} />
      {labels && labelled && <Labels item={item} />}
    </>
  );
}

function Labels({ item }: { item: number }) {
  const opacity = useOverlay((state) => state.opacity);
  return (
    <img
      className="thumbnail thumbnail-labels"
      style={{ opacity }}
      src={resources.labelThumbnail(item, labelVersion(item))}
      alt=""
      decoding="async"
      draggable={false}
    />
  );
}
