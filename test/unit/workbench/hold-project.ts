/** Opens the project that is named and stays, until it is killed. */
import { newWorkbench } from './helpers.ts';

await newWorkbench().openProject(process.argv[2], { create: true });
process.stdout.write('open\n');
setInterval(() => {}, 1000);
