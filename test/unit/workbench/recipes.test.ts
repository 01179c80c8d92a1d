import path from 'node:path';
import { expect, test } from 'vitest';
import { appFolder } from '../../../src-main/base/folders.ts';
import { recipeFile } from '../../../src-main/workbench/recipes.ts';

test('a recipe is meant by its path, or by the name of one that ships', () => {
  const root = appFolder();
  expect(recipeFile(root, 'camvid-dsd')).toBe(path.join(root, 'resources', 'recipes', 'camvid-dsd.json'));
  expect(recipeFile(root, 'cwd')).toBe(path.join(root, 'resources', 'recipes', 'methods', 'cwd.json'));
  expect(recipeFile(root, 'no-such')).toBe(path.resolve('no-such'));
  expect(recipeFile(root, '../recipes/camvid-dsd')).toBe(path.resolve('../recipes/camvid-dsd'));
  expect(recipeFile(root, 'package.json')).toBe(path.resolve('package.json'));
});
