/** Answers the addresses of `resources` in the contract: pictures, label maps and other arrays. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, Problem } from '../contract/problem.ts';
import type { ExamplePicture } from '../datasets/examples.ts';
import type { Annotations } from './annotations.ts';
import type { Assist } from './assist.ts';
import type { Datasets } from './datasets.ts';
import type { Embeddings } from './embeddings.ts';
import type { Inspections } from './inspections.ts';
import type { Previews } from './preview.ts';

const IMAGE_TYPES: Record<string, string> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
};

/** Whom pictures and arrays are asked of. */
export interface Sources {
  datasets: Datasets;
  annotations: Annotations;
  assist: Assist;
  previews: Previews;
  inspections: Inspections;
  embeddings: Embeddings;
}

/** Answers a GET below `/data/`, whatever the origin. What the user should know of a failure is the answer's text. */
export async function answerResource(request: Request, sources: Sources): Promise<Response> {
  const { assist, previews, inspections, embeddings } = sources;
  const { pathname, searchParams } = new URL(request.url);
  const [, data, subject, name, part, detail] = pathname.split('/');
  if (data !== 'data') return nothing();
  try {
    if (subject === 'items' && /^\d{1,15}$/.test(name)) return await item(request, Number(name), part, sources);
    if (subject === 'previews') return example(previews.example(name, Number(part)), detail);
    if (subject === 'assist') return array(assist.found(name));
    if (subject === 'predictions') return array(inspections.prediction(name));
    if (subject === 'projections') return bytes(await embeddings.map(name, part, searchParams));
    if (subject === 'maps') return array(inspections.map(name));
    return nothing();
  } catch (error) {
    if (!(error instanceof Problem)) console.error(error);
    return new Response(describe(error), { status: 422, headers: { 'content-type': 'text/plain; charset=utf-8' } });
  }
}

async function item(request: Request, id: number, part: string, sources: Sources): Promise<Response> {
  const { datasets, annotations } = sources;
  if (part === 'annotation') {
    const at = new URL(request.url).searchParams.get('at');
    if (at !== null && !/^\d{1,9}$/.test(at)) return nothing();
    return array(await annotations.planes(id, at === null ? undefined : Number(at)));
  }
  if (part === 'source') return array(await annotations.source(id));
  if (part === 'labels') {
    const labels = await datasets.labels(id);
    return array(labels && { width: labels.width, height: labels.height, bytes: labels.data });
  }
  if (part === 'label-thumbnail') {
    const labels = datasets.labelThumbnail(id);
    if (!labels) return nothing();
    return picture(request, `${part}-${path.basename(labels.file, '.png')}`, async () => {
      await labels.make();
      return labels.file;
    });
  }
  if (part !== 'image' && part !== 'thumbnail') return nothing();
  const image = await datasets.image(id);
  if (!image) return nothing();
  return picture(request, `${part}-${image.hash}`, async () => {
    return part === 'image' ? image.file : datasets.thumbnail(id);
  });
}

/** @param tag tells the picture's content: who has it with that tag is not sent it again */
async function picture(request: Request, tag: string, make: () => Promise<string | null>): Promise<Response> {
  const headers = { etag: `"${tag}"`, 'cache-control': 'no-cache' };
  if (request.headers.get('if-none-match') === headers.etag) return new Response(null, { status: 304, headers });
  const file = await make();
  if (!file) return nothing();
  const type = IMAGE_TYPES[path.extname(file).toLowerCase()] ?? 'application/octet-stream';
  return new Response(await readFile(file), { headers: { ...headers, 'content-type': type } });
}

function example(picture: ExamplePicture | null, part: string): Response {
  if (!picture) return nothing();
  if (part === 'labels') return array(picture.labels && { ...picture.labels, bytes: picture.labels.data });
  if (part !== 'image') return nothing();
  return new Response(picture.image, { headers: { 'content-type': 'image/jpeg', 'cache-control': 'no-store' } });
}

/** Raw bytes of a plane or planes of width × height. */
export interface Planes {
  width: number;
  height: number;
  bytes: Uint8Array<ArrayBuffer>;
}

function array(planes: Planes | null): Response {
  if (!planes) return nothing();
  return new Response(planes.bytes, {
    headers: {
      'content-type': 'application/octet-stream',
      'x-width': String(planes.width),
      'x-height': String(planes.height),
      'x-planes': String(planes.bytes.length === planes.width * planes.height ? 1 : 3),
      'cache-control': 'no-store',
    },
  });
}

function bytes(data: Uint8Array<ArrayBuffer> | null): Response {
  if (!data) return nothing();
  return new Response(data, { headers: { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' } });
}

function nothing(): Response {
  return new Response('There is nothing here.', { status: 404, headers: { 'content-type': 'text/plain' } });
}
