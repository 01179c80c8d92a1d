/**
 * The shape of a project's database, as numbered steps: `migrations[n]` takes a database from version n to n + 1.
 * A step that has been released is never changed again.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE datasets (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    layout TEXT NOT NULL,
    root TEXT NOT NULL UNIQUE,
    classes TEXT NOT NULL CHECK (json_valid(classes)),
    values_to_classes TEXT NOT NULL CHECK (json_valid(values_to_classes)),
    problems TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(problems)),
    hash TEXT NOT NULL,
    added_at TEXT NOT NULL,
    -- What listing would have to count each time: items, labelled, splits, pixels.
    totals TEXT NOT NULL CHECK (json_valid(totals))
  ) STRICT;

  CREATE TABLE items (
    id INTEGER PRIMARY KEY,
    dataset INTEGER NOT NULL REFERENCES datasets ON DELETE CASCADE,
    key TEXT NOT NULL,
    split TEXT NOT NULL,
    image TEXT NOT NULL,
    labels TEXT,
    width INTEGER NOT NULL CHECK (width >= 0),
    height INTEGER NOT NULL CHECK (height >= 0),
    hash TEXT NOT NULL,
    stamp TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX items_by_key ON items (dataset, key);
  CREATE INDEX items_by_split ON items (dataset, split, key);

  CREATE TABLE item_classes (
    dataset INTEGER NOT NULL,
    class INTEGER NOT NULL CHECK (class BETWEEN 0 AND 255),
    item INTEGER NOT NULL REFERENCES items ON DELETE CASCADE,
    pixels INTEGER NOT NULL CHECK (pixels > 0),
    PRIMARY KEY (dataset, class, item)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX item_classes_by_item ON item_classes (item);

  CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    folder TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('queued', 'running', 'paused', 'stopped', 'finished', 'failed', 'broken')),
    recipe TEXT NOT NULL CHECK (json_valid(recipe)),
    dataset INTEGER NOT NULL REFERENCES datasets,
    teacher INTEGER REFERENCES models,
    parameters INTEGER NOT NULL CHECK (parameters >= 0),
    steps INTEGER NOT NULL CHECK (steps > 0),
    step INTEGER NOT NULL DEFAULT 0 CHECK (step >= 0),
    resumed_from INTEGER NOT NULL DEFAULT 0,
    last_checkpoint INTEGER,
    miou REAL,
    best_miou REAL,
    loss REAL,
    learning_rate REAL,
    images_per_second REAL,
    engine TEXT,
    weights_sha256 TEXT,
    code_version TEXT NOT NULL,
    data_hash TEXT NOT NULL,
    machine TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    message TEXT
  ) STRICT;

  CREATE TABLE models (
    id INTEGER PRIMARY KEY,
    file TEXT NOT NULL UNIQUE,
    card TEXT NOT NULL CHECK (json_valid(card)),
    run INTEGER UNIQUE REFERENCES runs ON DELETE CASCADE,
    parameters INTEGER NOT NULL CHECK (parameters >= 0),
    macs REAL NOT NULL,
    input_height INTEGER NOT NULL,
    input_width INTEGER NOT NULL,
    added_at TEXT NOT NULL
  ) STRICT;

  CREATE TABLE metric_names (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
  ) STRICT;

  -- A value that is not finite is NULL.
  CREATE TABLE metrics (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    name INTEGER NOT NULL REFERENCES metric_names,
    step INTEGER NOT NULL CHECK (step >= 0),
    value REAL,
    PRIMARY KEY (run, name, step)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    at TEXT NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('info', 'warning', 'error')),
    text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX events_by_run ON events (run);

  CREATE TABLE evaluations (
    id INTEGER PRIMARY KEY,
    model INTEGER NOT NULL REFERENCES models ON DELETE CASCADE,
    dataset INTEGER NOT NULL REFERENCES datasets ON DELETE CASCADE,
    split TEXT NOT NULL,
    step INTEGER,
    miou REAL,
    pixel_accuracy REAL,
    mean_accuracy REAL,
    ious TEXT NOT NULL CHECK (json_valid(ious)),
    confusion TEXT NOT NULL CHECK (json_valid(confusion)),
    outputs INTEGER NOT NULL,
    images INTEGER NOT NULL,
    ms_per_image REAL NOT NULL,
    parameters INTEGER NOT NULL,
    macs REAL NOT NULL,
    input_height INTEGER NOT NULL,
    input_width INTEGER NOT NULL,
    engine TEXT NOT NULL,
    at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX evaluations_by_model ON evaluations (model, dataset, split);

  CREATE TABLE item_results (
    evaluation INTEGER NOT NULL REFERENCES evaluations ON DELETE CASCADE,
    item INTEGER NOT NULL REFERENCES items ON DELETE CASCADE,
    miou REAL,
    pixel_accuracy REAL,
    PRIMARY KEY (evaluation, item)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX item_results_by_item ON item_results (item);

  -- Only classes that are in the truth or in the prediction have a row.
  CREATE TABLE item_ious (
    evaluation INTEGER NOT NULL,
    class INTEGER NOT NULL,
    item INTEGER NOT NULL,
    iou REAL NOT NULL CHECK (iou BETWEEN 0 AND 1),
    PRIMARY KEY (evaluation, class, item),
    FOREIGN KEY (evaluation, item) REFERENCES item_results ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX item_ious_by_item ON item_ious (evaluation, item);
  `,
  `
  -- Bytes at the peak: as told before the run began, and as its worker measured.
  ALTER TABLE runs ADD COLUMN memory_estimate REAL;
  ALTER TABLE runs ADD COLUMN memory_peak REAL;
  `,
  `
  -- Of the item's labelled pixels, 0 to 1.
  ALTER TABLE item_classes ADD COLUMN share REAL NOT NULL DEFAULT 0;
  UPDATE item_classes SET share = CAST(item_classes.pixels AS REAL) / labelled.pixels
    FROM (SELECT item, sum(pixels) AS pixels FROM item_classes GROUP BY item) AS labelled
    WHERE labelled.item = item_classes.item;

  CREATE TABLE item_tags (
    dataset INTEGER NOT NULL,
    tag TEXT NOT NULL,
    item INTEGER NOT NULL REFERENCES items ON DELETE CASCADE,
    PRIMARY KEY (dataset, tag, item)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX item_tags_by_item ON item_tags (item);

  CREATE TABLE views (
    dataset INTEGER NOT NULL REFERENCES datasets ON DELETE CASCADE,
    name TEXT NOT NULL,
    filter TEXT NOT NULL CHECK (json_valid(filter)),
    sort TEXT NOT NULL CHECK (json_valid(sort)),
    PRIMARY KEY (dataset, name)
  ) STRICT, WITHOUT ROWID;

  -- Figures of items other than an evaluation's results; a split of NULL: of all splits.
  CREATE TABLE measures (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    dataset INTEGER NOT NULL REFERENCES datasets ON DELETE CASCADE,
    split TEXT,
    model INTEGER REFERENCES models ON DELETE CASCADE,
    other INTEGER REFERENCES models ON DELETE CASCADE,
    mean REAL,
    items INTEGER NOT NULL,
    engine TEXT NOT NULL,
    at TEXT NOT NULL
  ) STRICT;
  CREATE TABLE item_measures (
    measure INTEGER NOT NULL REFERENCES measures ON DELETE CASCADE,
    item INTEGER NOT NULL REFERENCES items ON DELETE CASCADE,
    value REAL NOT NULL,
    PRIMARY KEY (measure, item)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX item_measures_by_item ON item_measures (item);
  `,
  `
  -- Label maps that are edited. An item with a history is never deleted, so nothing cascades here.
  CREATE TABLE label_edits (
    item INTEGER PRIMARY KEY REFERENCES items,
    width INTEGER NOT NULL CHECK (width > 0),
    height INTEGER NOT NULL CHECK (height > 0),
    -- The item's labels when it was first edited, and the SHA-256 of what they were made of ('': there were none).
    labels TEXT,
    source TEXT NOT NULL,
    -- The last entry of the journal.
    sequence INTEGER NOT NULL DEFAULT 0 CHECK (sequence >= 0),
    changed_at TEXT NOT NULL,
    -- The entry up to which pixels were counted, the SHA-256 of the label map after it, and that of the source.
    counted INTEGER NOT NULL DEFAULT 0 CHECK (counted BETWEEN 0 AND sequence),
    hash TEXT NOT NULL,
    source_hash TEXT NOT NULL
  ) STRICT;

  -- What was done, stroke by stroke: only ever added to.
  CREATE TABLE label_journal (
    item INTEGER NOT NULL REFERENCES label_edits,
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    at TEXT NOT NULL,
    tool TEXT NOT NULL,
    -- The entry that this one undoes (back = 1) or does again; then it has no patch and no shapes of its own.
    of INTEGER CHECK (of < sequence),
    back INTEGER NOT NULL DEFAULT 0 CHECK (back IN (0, 1)),
    pixels INTEGER NOT NULL CHECK (pixels >= 0),
    patch BLOB NOT NULL,
    shapes TEXT NOT NULL CHECK (json_valid(shapes)),
    PRIMARY KEY (item, sequence)
  ) STRICT;

  -- Whole label maps, from which the journal is replayed: after entry 0 the source as it was first edited.
  CREATE TABLE label_states (
    item INTEGER NOT NULL REFERENCES label_edits,
    sequence INTEGER NOT NULL CHECK (sequence >= 0),
    pixels BLOB NOT NULL,
    shapes TEXT NOT NULL CHECK (json_valid(shapes)),
    PRIMARY KEY (item, sequence)
  ) STRICT;

  -- changed: the label map differs from its source. gone: the folder no longer has the item, but its history is kept.
  ALTER TABLE items ADD COLUMN changed INTEGER NOT NULL DEFAULT 0 CHECK (changed IN (0, 1));
  ALTER TABLE items ADD COLUMN gone INTEGER NOT NULL DEFAULT 0 CHECK (gone IN (0, 1));
  ALTER TABLE items ADD COLUMN labelled INTEGER GENERATED ALWAYS AS (labels IS NOT NULL OR changed = 1) VIRTUAL;
  CREATE INDEX items_changed ON items (dataset, key) WHERE changed = 1;
  `,
  `
  -- A model's features of a data set at one tap, of the weights that had this hash. Vectors are unit vectors, float16.
  CREATE TABLE embeddings (
    id INTEGER PRIMARY KEY,
    model INTEGER NOT NULL REFERENCES models ON DELETE CASCADE,
    dataset INTEGER NOT NULL REFERENCES datasets ON DELETE CASCADE,
    tap TEXT NOT NULL,
    weights TEXT NOT NULL,
    tap_channels INTEGER NOT NULL DEFAULT 0,
    engine TEXT NOT NULL DEFAULT '',
    at TEXT NOT NULL,
    UNIQUE (model, dataset, tap)
  ) STRICT;

  -- hash: the item's when it was computed; where it has another one by now, the row counts as absent. edited: likewise
  -- that of its edited label map, empty where it had none; this concerns the vectors of its classes alone.
  CREATE TABLE item_vectors (
    embedding INTEGER NOT NULL REFERENCES embeddings ON DELETE CASCADE,
    item INTEGER NOT NULL REFERENCES items ON DELETE CASCADE,
    hash TEXT NOT NULL,
    edited TEXT NOT NULL,
    vector BLOB NOT NULL,
    PRIMARY KEY (embedding, item)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX item_vectors_by_item ON item_vectors (item);

  CREATE TABLE class_vectors (
    embedding INTEGER NOT NULL,
    class INTEGER NOT NULL CHECK (class BETWEEN 0 AND 255),
    item INTEGER NOT NULL,
    pixels INTEGER NOT NULL CHECK (pixels > 0),
    vector BLOB NOT NULL,
    PRIMARY KEY (embedding, class, item),
    FOREIGN KEY (embedding, item) REFERENCES item_vectors ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX class_vectors_by_item ON class_vectors (embedding, item);

  -- items: int32, points: float32 x and y in turn, both little-endian.
  CREATE TABLE projections (
    embedding INTEGER NOT NULL REFERENCES embeddings ON DELETE CASCADE,
    method TEXT NOT NULL,
    items BLOB NOT NULL,
    points BLOB NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (embedding, method)
  ) STRICT;
  `,
  `
  -- Pixels of rare classes count more.
  ALTER TABLE measures ADD COLUMN rare INTEGER NOT NULL DEFAULT 0 CHECK (rare IN (0, 1));
  -- Labelled pixels of each class in the whole data set when the run was started: what labels there were.
  ALTER TABLE runs ADD COLUMN label_pixels TEXT CHECK (json_valid(label_pixels));
  CREATE INDEX label_journal_by_time ON label_journal (at);
  `,
  `
  -- The classes as the folder has them, where the user gave them other names or colours; NULL: as in classes.
  ALTER TABLE datasets ADD COLUMN found_classes TEXT CHECK (json_valid(found_classes));
  `,
  `
  -- How fast the model is, as measured last (contract/speed.ts); NULL: never.
  ALTER TABLE models ADD COLUMN speed TEXT CHECK (json_valid(speed));
  `,
  `
  -- Whether the dense CRF came after the network.
  ALTER TABLE evaluations ADD COLUMN crf INTEGER NOT NULL DEFAULT 0 CHECK (crf IN (0, 1));
  `,
  `
  -- When the work over many images began that an entry is a part of, such as pre-labelling; NULL: a stroke of its own.
  ALTER TABLE label_journal ADD COLUMN began TEXT;
  CREATE INDEX label_journal_by_work ON label_journal (began) WHERE began IS NOT NULL;
  `,
  `
  -- All that lists of items ask of an item alone, so that they are made without fetching it (store/item-query.ts).
  CREATE INDEX items_listed ON items (dataset, key, gone, split, width, height, labelled, changed);
  `,
  `
  -- The teachers of a run beside the first one, from place 1 on; best_teachers: by class the place of the teacher that it
  -- is taught by (0: the first), null where all count alike; NULL: everywhere.
  CREATE TABLE run_teachers (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    place INTEGER NOT NULL CHECK (place > 0),
    model INTEGER NOT NULL REFERENCES models,
    PRIMARY KEY (run, place)
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE runs ADD COLUMN best_teachers TEXT CHECK (json_valid(best_teachers));
  `,
  `
  -- The data set that the run adapts to; NULL: none.
  ALTER TABLE runs ADD COLUMN target INTEGER REFERENCES datasets;
  `,
  `
  -- Runs of one recipe that differ in a few of its fields. definition: as in contract/sweep.ts. split: what its runs are
  -- compared on, in words.
  CREATE TABLE sweeps (
    id INTEGER PRIMARY KEY,
    definition TEXT NOT NULL CHECK (json_valid(definition)),
    runs INTEGER NOT NULL CHECK (runs > 0),
    split TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('running', 'stopped', 'finished', 'failed')),
    started_at TEXT NOT NULL,
    finished_at TEXT,
    message TEXT
  ) STRICT;

  -- field_values: in the order of the sweep's fields. run: NULL where none was started.
  CREATE TABLE sweep_trials (
    sweep INTEGER NOT NULL REFERENCES sweeps ON DELETE CASCADE,
    number INTEGER NOT NULL CHECK (number > 0),
    field_values TEXT NOT NULL CHECK (json_valid(field_values)),
    state TEXT NOT NULL CHECK (state IN ('going', 'done', 'failed')),
    run INTEGER UNIQUE REFERENCES runs ON DELETE SET NULL,
    message TEXT,
    PRIMARY KEY (sweep, number)
  ) STRICT, WITHOUT ROWID;
  `,
];
