import { notifications } from '@mantine/notifications';
import type { Recipe } from '../../src-main/contract/recipe.ts';
import { ask } from '../host.ts';
import { attempt, pick } from '../state/actions.ts';
import { useApp } from '../state/app.ts';
import { useDraft } from './draft.ts';

/** Reads a recipe from a file into the form. */
export async function openRecipe(): Promise<void> {
  const picked = await pick('recipe');
  if (!picked) return;
  const opened = await attempt(() => ask('recipes.open', { file: picked.file }));
  if (!opened) return;
  useDraft.getState().begin(opened.recipe);
  useApp.getState().show('train');
}

/** Writes the form's recipe to a file. */
export async function saveRecipe(): Promise<void> {
  const { recipe } = useDraft.getState();
  if (!recipe) return;
  const picked = await pick('save-recipe');
  if (!picked) return;
  const saved = await attempt(() => ask('recipes.save', { file: picked.file, recipe: recipe as unknown as Recipe }));
  if (saved !== undefined) notifications.show({ message: `Saved ${picked.label}.`, autoClose: 4000 });
}
