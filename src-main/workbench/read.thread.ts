/** The threads of `Reader`. */
import { serveThread } from '../base/thread-pool.ts';
import { readLabels } from '../datasets/label-source.ts';
import { mapLabels } from '../datasets/read-item.ts';
import { classStatistics } from '../store/class-statistics.ts';
import { keptForReading as database } from '../store/database.ts';
import { colourValues, listEmbeddings, readProjection } from '../store/embeddings.ts';
import { listItems, queryItems } from '../store/item-query.ts';
import { curve } from '../store/metrics.ts';
import type { LabelMap, MapArray, ReadAnswer, ReadRequest } from './reader.ts';

function labelsOf(root: string, text: string, values: number[]): LabelMap {
  const raw = readLabels(root, text);
  const { labels } = mapLabels(raw, Uint16Array.from(values));
  return { width: raw.width, height: raw.height, data: labels as Uint8Array<ArrayBuffer> };
}

function mapArray({ database: file, embedding, method, by }: Extract<ReadRequest, { kind: 'map' }>): MapArray {
  const map = readProjection(database(file), embedding, method);
  if (!map) return { data: null };
  if (by) return { data: new Uint8Array(colourValues(database(file), embedding, map.items, by).buffer) };
  const data = new Uint8Array(map.items.byteLength + map.points.byteLength);
  data.set(new Uint8Array(map.items.buffer));
  data.set(new Uint8Array(map.points.buffer), map.items.byteLength);
  return { data };
}

serveThread<ReadRequest, ReadAnswer>(
  (request) => {
    switch (request.kind) {
      case 'items':
        return queryItems(database(request.database), request.query);
      case 'ids':
        return listItems(database(request.database), request.list);
      case 'statistics':
        return classStatistics(database(request.database), request.dataset, request.filter);
      case 'embeddings':
        return listEmbeddings(database(request.database), request.dataset);
      case 'map':
        return mapArray(request);
      case 'labels':
        return labelsOf(request.root, request.labels, request.values);
      case 'curves': {
        const { run, names, points } = request;
        return names.map((name) => curve(database(request.database), run, name, points));
      }
    }
  },
  (answer) => ('data' in answer && answer.data ? [answer.data.buffer] : []),
);
