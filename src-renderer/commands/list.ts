/**
 * Every command of the window: what the menu bar, the palette, the keys and the tooltips show. Pure data without
 * imports, so that a native menu can be made of it too. What a command does is in `handlers.ts`.
 *
 * `keys`: as tinykeys reads them; `$mod` is Ctrl, on macOS Cmd. `where`: the views in which the command can be given;
 * none: everywhere. A key without Ctrl, Alt or Cmd acts only while no text is being typed.
 */
export interface Command {
  id: string;
  title: string;
  menu: Menu;
  keys?: readonly string[];
  where?: readonly Place[];
  /** Left out of menus: it is one of a row of keys, or a second name. */
  quiet?: boolean;
}

export const MENUS = ['File', 'View', 'Image', 'Annotate', 'Train', 'Compare', 'Help'] as const;
export type Menu = (typeof MENUS)[number];

/** Where commands act: the views, and the large viewer of Browse. */
export type Place = 'browse' | 'viewer' | 'annotate' | 'train' | 'compare' | 'runs' | 'models' | 'settings';

const PICTURES: readonly Place[] = ['viewer', 'annotate', 'compare'];
const ZOOMED: readonly Place[] = [...PICTURES, 'models'];
const SEEN: readonly Place[] = ['viewer', 'compare'];
const DRAWN: readonly Place[] = ['annotate'];
const CLASS_KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0'];

export const COMMANDS = [
  { id: 'dataset.open', title: 'Open data set folder…', menu: 'File', keys: ['$mod+o'] },
  { id: 'dataset.export', title: 'Export annotations…', menu: 'File' },
  { id: 'project.open', title: 'Open project…', menu: 'File', keys: ['$mod+Shift+O'] },
  { id: 'project.new', title: 'New project…', menu: 'File', keys: ['$mod+Shift+N'] },
  { id: 'project.sample', title: 'Open the sample', menu: 'File' },
  { id: 'model.import', title: 'Import model…', menu: 'File', keys: ['$mod+i'] },
  { id: 'model.export', title: 'Export model…', menu: 'File', keys: ['$mod+e'], where: ['models'] },
  { id: 'model.get', title: 'Get weights…', menu: 'File', where: ['models'] },
  { id: 'recipe.open', title: 'Open recipe…', menu: 'File' },
  { id: 'recipe.save', title: 'Save recipe as…', menu: 'File', keys: ['$mod+s'], where: ['train'] },
  { id: 'project.close', title: 'Close project', menu: 'File' },
  { id: 'view.settings', title: 'Settings', menu: 'File', keys: ['$mod+,'] },

  { id: 'view.browse', title: 'Browse', menu: 'View' },
  { id: 'view.annotate', title: 'Annotate', menu: 'View' },
  { id: 'view.train', title: 'Train', menu: 'View' },
  { id: 'view.compare', title: 'Compare', menu: 'View' },
  { id: 'view.runs', title: 'Runs', menu: 'View' },
  { id: 'view.models', title: 'Models', menu: 'View' },
  { id: 'panel.next', title: 'Next panel', menu: 'View', keys: ['F6'] },
  { id: 'models.table', title: 'Models as a table', menu: 'View', keys: ['t'], where: ['models'] },
  { id: 'models.graph', title: 'Networks as graphs', menu: 'View', keys: ['g'], where: ['models'] },
  { id: 'graph.search', title: 'Find a node', menu: 'View', keys: ['/'], where: ['models'] },
  { id: 'theme.toggle', title: 'Dark or light', menu: 'View' },

  { id: 'browse.grid', title: 'Images as a grid', menu: 'View', keys: ['g'], where: ['browse'] },
  { id: 'browse.map', title: 'Map of the images', menu: 'View', keys: ['m'], where: ['browse'] },
  { id: 'browse.duplicates', title: 'Near-duplicates', menu: 'View', keys: ['n'], where: ['browse'] },
  { id: 'browse.outliers', title: 'Unusual labels', menu: 'View', keys: ['u'], where: ['browse'] },
  { id: 'filter.add', title: 'Add a filter', menu: 'View', keys: ['f'], where: ['browse'] },
  { id: 'labels.toggle', title: 'Labels on the thumbnails', menu: 'View', keys: ['l'], where: ['browse'] },
  { id: 'statistics.toggle', title: 'Classes of these images', menu: 'View', keys: ['s'], where: ['browse'] },
  { id: 'selection.all', title: 'Choose all images', menu: 'View', keys: ['$mod+a'], where: ['browse'] },
  { id: 'selection.tag', title: 'Tag the chosen images…', menu: 'View', keys: ['t'], where: ['browse'] },
  { id: 'selection.clear', title: 'Choose none', menu: 'View', keys: ['Escape'], where: ['browse'] },

  {
    id: 'item.next',
    title: 'Next image',
    menu: 'Image',
    keys: ['d', 'ArrowRight'],
    where: PICTURES,
  },
  {
    id: 'item.previous',
    title: 'Previous image',
    menu: 'Image',
    keys: ['a', 'ArrowLeft'],
    where: PICTURES,
  },
  { id: 'item.forward', title: 'Ten images on', menu: 'Image', keys: ['Shift+D'], where: PICTURES },
  { id: 'item.back', title: 'Ten images back', menu: 'Image', keys: ['Shift+A'], where: PICTURES },
  {
    id: 'item.nextUnlabelled',
    title: 'Next image without labels',
    menu: 'Image',
    keys: ['$mod+ArrowRight'],
    where: PICTURES,
  },
  {
    id: 'item.previousUnlabelled',
    title: 'Previous image without labels',
    menu: 'Image',
    keys: ['$mod+ArrowLeft'],
    where: PICTURES,
  },
  { id: 'zoom.in', title: 'Zoom in', menu: 'Image', keys: ['$mod+=', '$mod+Shift+Equal'], where: ZOOMED },
  { id: 'zoom.out', title: 'Zoom out', menu: 'Image', keys: ['$mod+-'], where: ZOOMED },
  { id: 'zoom.fit', title: 'Fit', menu: 'Image', keys: ['$mod+0'], where: ZOOMED },
  { id: 'zoom.actual', title: '100 %', menu: 'Image', keys: ['$mod+1'], where: ZOOMED },
  { id: 'opacity.less', title: 'Overlay fainter', menu: 'Image', keys: ['-'], where: PICTURES },
  { id: 'opacity.more', title: 'Overlay stronger', menu: 'Image', keys: ['='], where: PICTURES },
  { id: 'overlay.hide', title: 'Hide overlays while held', menu: 'Image', keys: ['h'], where: PICTURES },
  { id: 'contours.toggle', title: 'Contours', menu: 'Image', keys: ['c'], where: PICTURES },
  { id: 'classes.toggle', title: 'All classes on or off', menu: 'Image', keys: ['t'], where: PICTURES },
  { id: 'classes.search', title: 'Find class', menu: 'Image', keys: ['/'], where: PICTURES },
  { id: 'viewer.close', title: 'Back to the grid', menu: 'Image', keys: ['Escape'], where: ['viewer'] },
  { id: 'item.annotate', title: 'Annotate this image', menu: 'Image', keys: ['e'], where: ['browse', ...SEEN] },
  { id: 'item.compare', title: 'Compare this image', menu: 'Image', keys: ['Enter'], where: ['viewer'] },

  { id: 'tool.brush', title: 'Brush', menu: 'Annotate', keys: ['b'], where: DRAWN },
  { id: 'tool.eraser', title: 'Eraser', menu: 'Annotate', keys: ['e'], where: DRAWN },
  { id: 'tool.fill', title: 'Fill', menu: 'Annotate', keys: ['g'], where: DRAWN },
  { id: 'tool.pick', title: 'Pick class', menu: 'Annotate', keys: ['i'], where: DRAWN },
  { id: 'tool.polygon', title: 'Polygon', menu: 'Annotate', keys: ['p'], where: DRAWN },
  { id: 'tool.select', title: 'Select and edit', menu: 'Annotate', keys: ['v'], where: DRAWN },
  { id: 'tool.wand', title: 'Magic wand', menu: 'Annotate', keys: ['w'], where: DRAWN },
  { id: 'tool.superpixels', title: 'Superpixels', menu: 'Annotate', keys: ['s'], where: DRAWN },
  { id: 'tool.box', title: 'Cut out in a box', menu: 'Annotate', keys: ['r'], where: DRAWN },
  { id: 'tool.segment', title: 'Click to segment', menu: 'Annotate', keys: ['m'], where: DRAWN },
  { id: 'tool.take', title: 'Take labels', menu: 'Annotate', keys: ['k'], where: DRAWN },
  { id: 'tool.tidy', title: 'Tidy up a class', menu: 'Annotate', keys: ['u'], where: DRAWN },
  { id: 'shape.finish', title: 'Close the outline', menu: 'Annotate', keys: ['Enter'], where: DRAWN, quiet: true },
  { id: 'shape.back', title: 'Drop the last corner', menu: 'Annotate', keys: ['Backspace'], where: DRAWN, quiet: true },
  { id: 'shape.delete', title: 'Delete corner or instance', menu: 'Annotate', keys: ['Delete'], where: DRAWN },
  { id: 'shape.duplicate', title: 'Copy instance', menu: 'Annotate', keys: ['$mod+d'], where: DRAWN },
  { id: 'labels.copyPrevious', title: 'Copy labels of the previous image', menu: 'Annotate', where: DRAWN },
  { id: 'brush.smaller', title: 'Smaller brush', menu: 'Annotate', keys: ['['], where: DRAWN },
  { id: 'brush.larger', title: 'Larger brush', menu: 'Annotate', keys: [']'], where: DRAWN },
  {
    id: 'brush.muchSmaller',
    title: 'Brush smaller by 10',
    menu: 'Annotate',
    keys: ['Shift+BracketLeft'],
    where: DRAWN,
    quiet: true,
  },
  {
    id: 'brush.muchLarger',
    title: 'Brush larger by 10',
    menu: 'Annotate',
    keys: ['Shift+BracketRight'],
    where: DRAWN,
    quiet: true,
  },
  { id: 'edit.undo', title: 'Undo', menu: 'Annotate', keys: ['$mod+z'], where: DRAWN },
  { id: 'edit.redo', title: 'Redo', menu: 'Annotate', keys: ['$mod+Shift+Z', '$mod+y'], where: DRAWN },
  { id: 'labels.save', title: 'Save now', menu: 'Annotate', keys: ['$mod+s'], where: DRAWN },
  { id: 'class.lock', title: 'Lock or unlock the class', menu: 'Annotate', keys: ['l'], where: DRAWN },
  { id: 'models.beside', title: 'Teacher and student beside', menu: 'Annotate', keys: ['j'], where: DRAWN },
  { id: 'outlines.toggle', title: 'Outlines of instances', menu: 'Annotate', keys: ['o'], where: DRAWN },
  { id: 'draft.cancel', title: 'Give up what was begun', menu: 'Annotate', keys: ['Escape'], where: DRAWN },
  { id: 'pan.hold', title: 'Move the image while held', menu: 'Annotate', keys: ['Space'], where: DRAWN },

  { id: 'train.start', title: 'Start training', menu: 'Train', keys: ['$mod+Enter'], where: ['train'] },
  { id: 'train.sweep', title: 'Start a sweep…', menu: 'Train', where: ['train'] },
  { id: 'train.pause', title: 'Pause or go on', menu: 'Train', where: ['train', 'runs'] },
  { id: 'train.stop', title: 'Stop training…', menu: 'Train', keys: ['$mod+.'] },

  { id: 'pane.image', title: 'Pane: image', menu: 'Compare', keys: ['Alt+1'], where: ['compare'] },
  { id: 'pane.truth', title: 'Pane: truth', menu: 'Compare', keys: ['Alt+2'], where: ['compare'] },
  { id: 'pane.teacher', title: 'Pane: teacher', menu: 'Compare', keys: ['Alt+3'], where: ['compare'] },
  { id: 'pane.student', title: 'Pane: student', menu: 'Compare', keys: ['Alt+4'], where: ['compare'] },
  { id: 'pane.error', title: 'Pane: error', menu: 'Compare', keys: ['Alt+5'], where: ['compare'] },
  { id: 'compare.crf', title: 'Dense CRF after each model', menu: 'Compare', keys: ['x'], where: ['compare'] },
  { id: 'compare.similarity', title: 'Similarity', menu: 'Compare', keys: ['Alt+6'], where: ['compare'] },
  { id: 'pane.third', title: 'Pane: third model', menu: 'Compare', keys: ['Alt+7'], where: ['compare'] },
  { id: 'compare.grid', title: 'Side by side', menu: 'Compare', where: ['compare'] },
  { id: 'compare.swipe', title: 'Swipe', menu: 'Compare', keys: ['w'], where: ['compare'] },
  { id: 'compare.blink', title: 'Blink', menu: 'Compare', keys: ['b'], where: ['compare'] },

  { id: 'palette', title: 'Find command…', menu: 'Help', keys: ['$mod+Shift+P'] },
  { id: 'shortcuts', title: 'Keyboard shortcuts', menu: 'Help', keys: ['F1', 'Shift+?'] },
  { id: 'about', title: 'About Stillroom', menu: 'Help' },
  ...CLASS_KEYS.map(
    (key, index) =>
      ({
        id: `class.${index}`,
        title: `Class ${index + 1} on or off`,
        menu: 'Image',
        keys: [key],
        where: SEEN,
        quiet: true,
      }) as const,
  ),
  ...CLASS_KEYS.map(
    (key, index) =>
      ({
        id: `paint.${index}`,
        title: `Draw with class ${index + 1}`,
        menu: 'Annotate',
        keys: [key],
        where: DRAWN,
        quiet: true,
      }) as const,
  ),
] as const satisfies readonly Command[];

/** The named commands; the ten class keys are `class.0` … `class.9`, in Annotate `paint.0` … `paint.9`. */
export type CommandId = (typeof COMMANDS)[number]['id'];

export function commandOf(id: string): Command | undefined {
  return COMMANDS.find((command) => command.id === id);
}
