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
  return parsed(modelCard, text, file, 'has a model card that cannot be read', 'Take the file as Stillroom wrote it.');
}

/** What a user may write down of a model whose file does not tell. */
const partial = modelCard
  .pick({ name: true, classes: true, preprocessing: true, licence: true, source: true })
  .partial();
export type PartOfCard = z.infer<typeof partial>;

/** A card as it lies beside a file that has no place for one: what `partOfCard` reads. */
export function textBeside(card: ModelCard): string {
  return `${JSON.stringify(partial.parse(card), null, 2)}\n`;
}

/** @throws Problem where the text is not (part of) a card */
export function partOfCard(file: string, text: string): PartOfCard {
  return parsed(partial, text, file, 'is a model card that cannot be read', 'Mend or remove it.');
}

function parsed<T>(schema: z.ZodType<T>, text: string, file: string, what: string, next: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const card = schema.safeParse(value);
  if (card.success) return card.data;
  const field = card.error.issues[0]?.path.join('.');
  throw new Problem(`${file} ${what}${field ? ` (${field})` : ''}.`, { where: file, next });
}
