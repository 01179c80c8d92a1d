import type { Command } from 'commander';
import type { MeanAndWorst, TeacherDifference } from '../contract/job.ts';
import { Problem } from '../contract/problem.ts';
import { boundRecipe, RECIPE_HELP, type RecipeOptions, recipeOptions } from './bound-recipe.ts';
import { PROJECT_HELP, withProject } from './client.ts';

interface Options extends RecipeOptions {
  project?: string;
  json?: boolean;
}

/** `stillroom teacher-cache`: what the teacher cache would change and save. */
export function teacherCacheCommand(program: Command): void {
  const command = program
    .command('teacher-cache')
    .description('measure on a data set what the teacher cache changes against the live teacher, and what it saves')
    .argument('<recipe>', RECIPE_HELP);
  recipeOptions(command)
    .option('--project <folder>', PROJECT_HELP)
    .option('--json', 'print the measured differences as JSON')
    .action(async (named: string, options: Options) => {
      const found = await withProject(options.project, { create: true }, async (client) => {
        const { teacher, others, recipe, dataset } = await boundRecipe(client, named, options);
        if (teacher === null) {
          throw new Problem('There is no teacher to compare.', {
            where: 'teacher.model',
            next: 'Name one with --teacher.',
          });
        }
        const asked = client.request('recipes.compareTeacher', { recipe, dataset, teacher, others });
        // What it says when it fails is thrown by the request itself.
        const followed = client.follow((job) => job.kind === 'teacher-cache', 'Comparing').catch(() => {});
        const difference = await asked;
        await followed;
        return difference;
      });
      process.stdout.write(options.json ? `${JSON.stringify(found)}\n` : text(found));
    });
}

function text(found: TeacherDifference): string {
  const percent = (value: number) => `${(value * 100).toFixed(value < 0.1 ? 2 : 1)} %`.padStart(9);
  const row = (name: string, { mean, worst }: MeanAndWorst, more = '') =>
    `  ${name.padEnd(36)}${percent(mean)}${percent(worst)}${more}`;
  const { images, crops, bytes, fillSeconds, teacherMsPerStep, maps, otherClass, terms } = found;
  const several = new Set(maps.map(({ teacher }) => teacher)).size > 1;
  return [
    `Over ${crops} crops, the teacher’s outputs cached from whole images against live ones (‖difference‖ / ‖live‖):`,
    `  ${''.padEnd(36)}${'mean'.padStart(9)}${'worst'.padStart(9)}`,
    ...maps.map((map) => row(`${several ? `${map.teacher} ` : ''}${map.logits ? 'logits' : map.node}`, map)),
    row('cells with another likeliest class', otherClass),
    'The terms’ values, on a student as it begins:',
    ...terms.map((term) => row(term.id, term, `   ${term.live.toPrecision(4)} → ${term.cached.toPrecision(4)}`)),
    `It saves about ${teacherMsPerStep.toFixed(0)} ms a step. Filling it takes about ${Math.ceil(fillSeconds)} s and ${(bytes / 1e6).toFixed(0)} MB, once for ${images} images.`,
    '',
  ].join('\n');
}
