/** The card of a model inside of its file: JSON in an entry of the file's metadata. */
import { type ModelCard, modelCard } from '../contract/model.ts';
import { Problem } from '../contract/problem.ts';

/** The metadata entry that holds the card. */
export const CARD = 'card';

/** What a file of weights carries so that `readModel` opens it. */
export function cardMetadata(card: ModelCard): Record<string, string> {
  return { [CARD]: JSON.stringify(card) };
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
