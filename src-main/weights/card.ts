/** The card of a model inside of its file: JSON in an entry of the file's metadata. */
import type { z } from 'zod';
import { type ModelCard, modelCard } from '../contract/model.ts';
import { Problem } from '../contract/problem.ts';

/** The metadata entry that holds the card. */
export const CARD = 'card';

/** What a file of weights carries so that `readModel` opens it. */
export function cardMetadata(card: ModelCard): Record<string, string> {
  // In the order of the schema, so that the same card is always the same text
  return { [CARD]: JSON.stringify(modelCard.parse(card)) };
}

/** @throws Problem where the text is not a whole card */
export function parseCard(file: string, text: string): ModelCard {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  const card = modelCard.safeParse(parsed);
  if (card.success) return card.data;
  const field = card.error.issues[0]?.path.join('.');
  throw new Problem(`${file} has a model card that cannot be read${field ? ` (${field})` : ''}.`, {
    where: file,
    next: 'Take the file as Stillroom wrote it.',
  });
}

/** What a user may write down of a model whose file does not tell. */
const partial = modelCard
  .pick({ name: true, classes: true, preprocessing: true, licence: true, source: true })
  .partial();
export type PartOfCard = z.infer<typeof partial>;

/** @throws Problem where the text is not (part of) a card */
export function partOfCard(file: string, text: string): PartOfCard {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  const card = partial.safeParse(parsed);
  if (card.success) return card.data;
  const field = card.error.issues[0]?.path.join('.');
  throw new Problem(`${file} is a model card that cannot be read${field ? ` (${field})` : ''}.`, {
    where: file,
    next: 'Mend or remove it.',
  });
}
