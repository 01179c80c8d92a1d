/**
 * The teacher cache: what a frozen teacher gives on whole images, computed once and kept as files. A step that takes
 * its teacher from here costs what a step of the student alone costs.
 *
 * How to use it: in a recipe `"teacher": {"cache": {"mode": "whole-image"}}` (on the command line
 * `--set teacher.cache.mode=whole-image`); everything else is as without. In code: `Session.open` says in
 * `session.teachers` what its terms read; `fillTeacherCache` makes the missing files and answers what `new Loader(data,
 * recipe, cached)` takes; `session.step` then uses what lies in the batch and does not ask its teachers. Each teacher has
 * files of its own, which are found again whatever other teachers there are.
 *
 * What it changes: the teacher has seen the whole image at its own size, not the crop at the crop's scale. So it knows
 * what lies beyond the crop's border, things do not change with scale or flip but are resampled, and it never sees the
 * padding around an image that is smaller than the crop. `compareTeacherCache` measures how much.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { fileProblem, readBytes, writeAtomic } from '../base/files.ts';
import { total } from '../base/total.ts';
import type { JobData } from '../contract/job.ts';
import { Problem } from '../contract/problem.ts';
import type { TeacherCacheOptions } from '../contract/recipe.ts';
import { decodeImage, imageSize } from '../datasets/codec.ts';
import { fileInDataset } from '../datasets/layout.ts';
import type { Domain } from '../distillation/domains.ts';
import type { BoundTerm } from '../distillation/total.ts';
import { averagePool } from '../engine/ops/spatial.ts';
import { type Tensor4D, tf } from '../engine/tf.ts';
import type { Graph } from '../networks/graph.ts';
import { nodeSizes } from '../networks/graph.ts';
import { itemsOn } from './batch-plan.ts';
import { type OpenModel, wholeInput } from './model.ts';
import { pictureTensor } from './normalise.ts';
import { type CacheFormat, compactMap, decodeMaps, encodeMaps, type MapSpec, type TeacherMap } from './teacher-maps.ts';

/**
 * Logits that a method reads at the label map's size are kept at this stride, for at full size they would take 4 MB an
 * image of 480×360 and 12 classes; the loss upsamples them as it does the student's.
 */
const LABEL_STRIDE = 4;
const ENDING = '.maps';
/** Room for header and checksum beside a file's values. */
const OVERHEAD_BYTES = 4096;

/** Where the loader finds what the teachers said about each item. */
export interface CachedTeacher {
  /** Of all teachers, one after another. */
  specs: MapSpec[];
  /** Each teacher's, by the item's place among those that are trained on. */
  files: string[][];
}

/** Teachers, and the maps that are read of each. */
export interface AskedTeachers {
  models: readonly OpenModel[];
  maps: readonly (readonly MapSpec[])[];
}

/** The maps that the terms read of a teacher: first its logits, then each tapped node. */
export function teacherMaps(
  terms: readonly BoundTerm[],
  student: Pick<Graph, 'logitsStride'>,
  teacher: Graph,
): MapSpec[] {
  const asking = terms.filter(({ method }) => method.teacher);
  const size: [number, number] = [teacher.stride * 16, teacher.stride * 16];
  const sizes = nodeSizes(teacher, size);
  const taps = [...new Set(asking.flatMap(({ taps }) => taps.teacher))].map((node): MapSpec => {
    const reading = asking.filter(({ taps }) => taps.teacher.includes(node));
    const energy = reading.every(({ method }) => method.teacherTaps === 'energy');
    const [height, , channels] = sizes.get(node)!;
    return { form: energy ? 'energy' : 'tap', node, channels: energy ? 1 : channels, stride: size[0] / height };
  });
  return [logitsMap(terms, student, teacher), ...taps];
}

/** That of a teacher's logits alone. */
export function logitsMap(terms: readonly BoundTerm[], student: Pick<Graph, 'logitsStride'>, teacher: Graph): MapSpec {
  const asking = terms.filter(({ method }) => method.teacher);
  const wanted = asking.some(({ method }) => method.logits === 'label') ? LABEL_STRIDE : student.logitsStride;
  const stride = Math.max(teacher.logitsStride, Math.min(wanted, student.logitsStride));
  return { form: 'logits', node: teacher.output, channels: teacher.outputs, stride };
}

/** The images of a data set that a run trains on, as a source or as a target. */
export interface DomainData {
  domain: Domain;
  data: JobData;
}

/** Of one data set; see `fillTeacherCaches`. */
export async function fillTeacherCache(
  teachers: AskedTeachers,
  data: JobData,
  folder: string,
  options: TeacherCacheOptions,
  between: (done: number, total: number) => Promise<boolean>,
): Promise<CachedTeacher | null> {
  const filled = await fillTeacherCaches(teachers, [{ domain: 'source', data }], folder, options, between);
  return filled?.[0] ?? null;
}

/**
 * Sees to it that each teacher has a file for every item that is trained on: asks it about those that lack one or whose file is
 * damaged, and makes room by removing what other runs used longest ago.
 * @param datasets all of a run: what one needs is not removed to make room for another
 * @param folder holds all cached outputs of a project; written by one process at a time
 * @param between called before each image with how many are done; false ends the filling
 * @returns null where it was ended
 * @throws Problem where the data set needs more room than the recipe grants
 */
export async function fillTeacherCaches(
  { models, maps }: AskedTeachers,
  datasets: readonly DomainData[],
  folder: string,
  options: TeacherCacheOptions,
  between: (done: number, total: number) => Promise<boolean>,
): Promise<CachedTeacher[] | null> {
  const items = datasets.flatMap(({ domain, data }, d) =>
    itemsOn(domain, data.items).map((item) => ({ image: fileInDataset(data.root, item.image), d })),
  );
  const { format } = options;
  const folders = models.map((teacher, k) => path.join(folder, keyOf(teacher, maps[k], format)));
  const store = new MapFiles(folder, options.maxBytes);
  const filled = datasets.map((): CachedTeacher => ({ specs: maps.flat(), files: [] }));
  for (const [done, { image, d }] of items.entries()) {
    if (!(await between(done, items.length))) return null;
    const bytes = readBytes(image);
    const name = `${createHash('sha256').update(bytes).digest('hex')}${ENDING}`;
    const own = folders.map((one) => path.join(one, name));
    filled[d].files.push(own);
    for (const [k, file] of own.entries()) {
      if (store.use(file)) continue;
      const { width, height } = imageSize(bytes, image);
      const needed = maps.map((specs) => bytesNeeded(specs, [height, width], format));
      const later = total(needed.slice(k)) + total(needed) * (items.length - done - 1);
      store.makeRoom(needed[k], later);
      store.write(file, encodeMaps(askAboutImage(models[k], maps[k], decodeImage(bytes, image), format)));
    }
  }
  await between(items.length, items.length);
  return filled;
}

/** What the outputs depend on, but for the image: another teacher, preprocessing, choice of maps or form is another key. */
function keyOf({ card, precision }: OpenModel, specs: readonly MapSpec[], format: CacheFormat): string {
  const { network, outputs, preprocessing, sha256 } = card;
  const all = JSON.stringify({
    ...{ network, outputs, preprocessing, sha256, specs, format, version: 1 },
    ...(precision === 'float32' ? {} : { precision }),
  });
  return createHash('sha256').update(all).digest('hex').slice(0, 32);
}

/** Bytes of one image's file, at most. */
export function bytesNeeded(specs: readonly MapSpec[], size: readonly [number, number], format: CacheFormat): number {
  const cells = ({ stride }: MapSpec) => Math.ceil(size[0] / stride + 1) * Math.ceil(size[1] / stride + 1);
  const each = format === 'float16' ? 2 : 1;
  return specs.reduce((sum, spec) => sum + cells(spec) * spec.channels * each, OVERHEAD_BYTES);
}

/** The teacher's maps of a whole image, in compact form. */
export function askAboutImage(
  teacher: OpenModel,
  specs: readonly MapSpec[],
  image: { height: number; width: number; data: Uint8Array },
  format: CacheFormat,
): TeacherMap[] {
  const picture = pictureTensor(image.data, [1, image.height, image.width, 3]);
  const input = wholeInput(teacher, picture);
  const taps = specs.filter(({ form }) => form !== 'logits').map(({ node }) => node);
  const given = teacher.executable.forward(input, { training: false, taps });
  const maps = specs.map((spec) => {
    const tensor = mapTensor(spec, given, teacher.graph.logitsStride);
    const [, height, width, channels] = tensor.shape;
    const values = tensor.dataSync<'float32'>();
    tensor.dispose();
    return compactMap(values, { height, width, channels, stride: spec.stride }, format);
  });
  tf.dispose([picture, input, given.logits, ...given.taps.values()]);
  return maps;
}

/**
 * One map of what a teacher gave, N×h×w×channels.
 * @param logitsStride of the teacher
 */
export function mapTensor(
  { form, node, stride }: MapSpec,
  { logits, taps }: { logits: Tensor4D; taps: ReadonlyMap<string, Tensor4D> },
  logitsStride: number,
): Tensor4D {
  return tf.tidy(() => {
    if (form === 'logits') {
      const kernel = stride / logitsStride;
      return kernel === 1 ? logits.clone() : averagePool(logits, kernel, { ceil: true });
    }
    const tap = taps.get(node)!;
    return form === 'tap' ? tap.clone() : tap.square().mean<Tensor4D>(3, true).sqrt();
  });
}

/** The files of a project's cache: which there are, which this run uses, and how much room they take. */
class MapFiles {
  private readonly most: number;
  /** Those that this run does not use, the one used longest ago first. */
  private readonly others: { file: string; bytes: number }[] = [];
  private bytes = 0;
  private readonly used = new Set<string>();

  constructor(folder: string, most: number) {
    this.most = most;
    const found: { file: string; bytes: number; at: number }[] = [];
    for (const name of namesIn(folder)) {
      const file = path.join(folder, name);
      const stat = statSync(file, { throwIfNoEntry: false });
      if (!stat?.isFile()) continue;
      // What a killed process was writing.
      if (name.endsWith('.tmp')) rmSync(file, { force: true });
      else if (name.endsWith(ENDING)) found.push({ file, bytes: stat.size, at: stat.mtimeMs });
    }
    this.others.push(...found.sort((a, b) => a.at - b.at));
    this.bytes = found.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Whether a file is there and whole; it is then kept as long as this run goes on. A damaged one is removed. */
  use(file: string): boolean {
    if (this.used.has(file)) return true;
    const at = this.others.findIndex((one) => one.file === file);
    if (at < 0) return false;
    if (!decodeMaps(readFileSync(file))) {
      this.remove(at);
      return false;
    }
    this.others.splice(at, 1);
    this.used.add(file);
    const now = new Date();
    utimesSync(file, now, now);
    return true;
  }

  /** @param later what this file and all that are still to come need: for the words */
  makeRoom(bytes: number, later: number): void {
    while (this.bytes + bytes > this.most && this.others.length > 0) this.remove(0);
    if (this.bytes + bytes <= this.most) return;
    const needed = Math.ceil((this.bytes + later) / 1e6);
    throw new Problem(
      `The teacher cache of this data set needs about ${needed} MB, but may take ${Math.floor(this.most / 1e6)} MB.`,
      { where: 'teacher.cache.maxBytes', next: 'Raise it, store as uint8, or turn the teacher cache off.' },
    );
  }

  write(file: string, bytes: Uint8Array): void {
    mkdirSync(path.dirname(file), { recursive: true });
    writeAtomic(file, bytes);
    this.used.add(file);
    this.bytes += bytes.length;
  }

  private remove(at: number): void {
    const [{ file, bytes }] = this.others.splice(at, 1);
    rmSync(file, { force: true });
    this.bytes -= bytes;
    const folder = path.dirname(file);
    if (readdirSync(folder).length === 0) rmdirSync(folder);
  }
}

function namesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch (error) {
    throw fileProblem(error, folder, 'read');
  }
}
