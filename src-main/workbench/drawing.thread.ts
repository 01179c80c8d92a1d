/** The thread of `Catalogue.draw`. */
import { serveThread } from '../base/thread-pool.ts';
import type { NetworkDrawing } from '../contract/network-drawing.ts';
import { drawNetwork } from '../networks/draw.ts';
import { buildNetwork } from '../networks/registry.ts';
import type { DrawingRequest } from './catalogue.ts';

serveThread<DrawingRequest, NetworkDrawing>(({ network, outputs, title, size, open }) =>
  drawNetwork(buildNetwork(network, outputs), title, size, open),
);
