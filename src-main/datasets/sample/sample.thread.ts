/** The worker thread that draws the sample's scenes and writes their files. */
import { writeFileSync } from 'node:fs';
import { serveThread } from '../../base/thread-pool.ts';
import { encodeImage, encodeLabels } from '../codec.ts';
import { drawScene } from './scene.ts';

export interface SceneRequest {
  seed: number;
  number: number;
  width: number;
  height: number;
  image: string;
  labels: string;
}

serveThread<SceneRequest, void>(({ seed, number, width, height, image, labels }) => {
  const scene = drawScene(seed, number, width, height);
  writeFileSync(image, encodeImage({ width, height, data: scene.image }));
  writeFileSync(labels, encodeLabels({ width, height, data: scene.labels }));
});
