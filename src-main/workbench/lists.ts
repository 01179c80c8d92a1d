/** Lists of items: found by filters, put into words by tags, kept as views. */
import { getDataset } from '../store/datasets.ts';
import { getItem } from '../store/items.ts';
import { listTags, tagItems } from '../store/tags.ts';
import { listViews, removeView, saveView } from '../store/views.ts';
import type { Context, HandlersOf } from './context.ts';
import type { Reader } from './reader.ts';

export function listHandlers(
  context: Context,
  reader: Reader,
): HandlersOf<'items'> & HandlersOf<'tags'> & HandlersOf<'views'> {
  /** The database's file, once it is known that the data set is in it. */
  const fileOf = (dataset: number) => {
    getDataset(context.project.database, dataset);
    return context.project.databaseFile;
  };
  return {
    'items.query': (query) => reader.items(fileOf(query.dataset), query),
    'items.ids': (list) => reader.ids(fileOf(list.dataset), list),
    'items.statistics': ({ dataset, ...filter }) => reader.statistics(fileOf(dataset), dataset, filter),
    'items.get': ({ item }) => getItem(context.project.database, item),
    'items.tag': async (change) => {
      await context.project.write((database) => tagItems(database, change));
      context.tell('tags.changed', {});
      return null;
    },
    'tags.list': ({ dataset }) => listTags(context.project.database, dataset),
    'views.list': ({ dataset }) => listViews(context.project.database, dataset),
    'views.save': async ({ dataset, ...view }) => {
      getDataset(context.project.database, dataset);
      await context.project.write((database) => saveView(database, dataset, view));
      context.tell('views.changed', {});
      return null;
    },
    'views.remove': async ({ dataset, name }) => {
      await context.project.write((database) => removeView(database, dataset, name));
      context.tell('views.changed', {});
      return null;
    },
  };
}
