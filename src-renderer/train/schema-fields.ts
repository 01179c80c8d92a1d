import type { Json } from './paths.ts';

/** One option of a method as the form shows it. */
export interface SchemaField {
  name: string;
  title: string;
  kind: 'number' | 'integer' | 'boolean' | 'choice' | 'text' | 'json';
  choices: (string | number)[];
  /** Whether the option may also be null. */
  nullable: boolean;
  initial: Json | undefined;
}

type Schema = Record<string, unknown>;

/** The options of a method from its JSON schema. What the form has no field for becomes a JSON text. */
export function schemaFields(schema: Schema): SchemaField[] {
  const properties = (schema.properties ?? {}) as Record<string, Schema>;
  return Object.entries(properties).map(([name, property]) => {
    const variants = ((property.anyOf ?? property.oneOf) as Schema[] | undefined) ?? [property];
    // `null` is written as a variant of its own or among the types of one.
    const real = variants.filter((variant) => variant.type !== 'null');
    const types = real.flatMap((variant) => variant.type ?? []);
    const nullable = real.length < variants.length || types.includes('null');
    const title = String(property.title ?? property.description ?? real[0]?.description ?? name);
    const initial = property.default as Json | undefined;
    const choices = real.flatMap((variant) =>
      variant.const !== undefined ? [variant.const as string] : ((variant.enum as string[] | undefined) ?? []),
    );
    const common = { name, title, nullable, initial, choices };
    const all = real.every((variant) => variant.const !== undefined || variant.enum !== undefined);
    if (choices.length > 0 && all) return { ...common, kind: 'choice' as const };
    const named = types.filter((type) => type !== 'null');
    const type = named.length === 1 ? named[0] : undefined;
    const kinds = { number: 'number', integer: 'integer', boolean: 'boolean', string: 'text' } as const;
    return { ...common, kind: kinds[type as keyof typeof kinds] ?? ('json' as const) };
  });
}
