/** What the teacher cache would change on a data set, measured by a worker. */
import type { TeacherDifference } from '../contract/job.ts';
import { Problem } from '../contract/problem.ts';
import type { Recipe } from '../contract/recipe.ts';
import { jobData } from '../store/labelled.ts';
import { getModel } from '../store/models.ts';
import type { Catalogue } from './catalogue.ts';
import type { Context } from './context.ts';
import type { Corrections } from './corrections.ts';
import type { Keeper } from './projects.ts';
import { bindingOf } from './recipes.ts';
import { wantedEngine } from './settings.ts';
import { type ChosenTeachers, otherTeachers, requireTeachers } from './teachers.ts';
import { runJob } from './worker-process.ts';

export class TeacherCaches implements Keeper {
  private readonly context: Context;
  private readonly catalogue: Catalogue;
  private readonly corrections: Corrections;
  private readonly going = new Set<AbortController>();

  constructor(context: Context, catalogue: Catalogue, corrections: Corrections) {
    this.context = context;
    this.catalogue = catalogue;
    this.corrections = corrections;
  }

  /** @throws Problem where recipe, data set and teachers do not go together, or it was stopped */
  async compare(
    recipe: Recipe,
    dataset: number,
    chosen: ChosenTeachers & { teacher: number },
  ): Promise<TeacherDifference> {
    const { project, jobs, options } = this.context;
    const { teacher, others } = chosen;
    await this.catalogue.require(recipe, bindingOf(project, { ...chosen, dataset, start: null, target: null }));
    const best = requireTeachers(project, recipe, dataset, chosen);
    const abort = new AbortController();
    const job = jobs.start({ kind: 'teacher-cache', title: 'Measuring what the teacher cache changes' }, () =>
      abort.abort(),
    );
    this.going.add(abort);
    let result: TeacherDifference | null = null;
    try {
      await this.corrections.prepare(dataset);
      const asked = {
        kind: 'compare-teacher' as const,
        recipe,
        data: jobData(project.database, project.folder, dataset, recipe.data.split),
        teacher: project.path(getModel(project.database, teacher).file),
        others: otherTeachers(project, others, best),
        engine: wantedEngine(),
      };
      await runJob(
        options.root,
        asked,
        (message) => {
          if (message.type === 'phase') job.update({ phase: message.text });
          else if (message.type === 'progress') job.update({ phase: 'Asking the teacher', ...message });
          else if (message.type === 'compared') result = message.result;
        },
        abort.signal,
      );
      if (!result) throw new Problem('The worker ended without a result.', { next: 'Try again.' });
      job.finish();
      return result;
    } catch (error) {
      job.fail(error);
      throw error;
    } finally {
      this.going.delete(abort);
    }
  }

  async closing(): Promise<void> {
    for (const abort of this.going) abort.abort();
  }
}
