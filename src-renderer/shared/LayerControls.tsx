import { Slider, Switch } from '@mantine/core';
import { useOverlay } from '../state/overlay.ts';

/** How strongly labels cover the picture, and whether their borders are drawn. */
export function LayerControls() {
  const { opacity, setOpacity, contours, toggleContours } = useOverlay();
  return (
    <div className="row" style={{ gap: 16 }}>
      <Slider
        className="grow"
        thumbLabel="Overlay opacity"
        min={0}
        max={100}
        step={10}
        value={Math.round(opacity * 100)}
        onChange={(value) => setOpacity(value / 100)}
        label={(value) => `${value} %`}
        data-testid="opacity"
      />
      <Switch label="Contours" checked={contours} onChange={toggleContours} data-testid="contours" />
    </div>
  );
}
