// Made by tools/make-types.mjs from the API's document. Not edited by hand.

/** Why there is no answer. */
export type Failure = {
  error: {
    code: "invalid_argument" | "not_found" | "unauthorized" | "forbidden" | "method_not_allowed" | "not_acceptable" | "too_many_requests" | "unavailable" | "internal";
    /** Names the thing and ends with the cure. */
    message: string;
    /** The query parameter that is wrong. */
    parameter: string | null;
  };
};

/** What a figure is: a metric of the registry, or one derived from it. */
export type Axis = {
  /** Ends in its unit. */
  name: string;
  /** For axes: tokens/s/user. */
  unit: string;
  /** For people. */
  title: string;
  direction: "higher" | "lower" | "neither";
  /** Significant digits to show. */
  digits: number;
  group: "throughput" | "interactivity" | "latency" | "cost" | "energy" | "counts" | "quality";
  /** Not measured itself: cost and energy, from a rate and a dated price or power. */
  derived: boolean;
};

/** A value that a filter can take. '?' stands for: not told. */
export type Option = {
  value: string;
  label: string;
  /** Rows that would match with this value and all other filters as they are. */
  count: number;
  selected: boolean;
};

/** In what all points of a series agree. */
export type Key = {
  model: string;
  precision: string;
  engine: string;
  speculative: string;
  chip: string;
  /** input/output tokens: the value of the filter */
  shape: string;
  /** The shape with its spread: 8192*0.8/1024*0.8 */
  workload: string;
  protocol: string;
  window: string;
  way: Way;
};

export type Way = "measured" | "simulated" | "predicted";

/** Price of a chip-hour: book, tier and day are part of every cost. */
export type Price = {
  usd_per_chip_hour: number;
  tier: string;
  book: string;
  date: string;
  /** Computed by its publisher from another chip's price. */
  placeholder: boolean;
};

/** Points in columns: entry i of every column is one point. A column is left out of nothing: all have the same length. */
export type PointColumns = {
  /** Id for /rows/{id}. */
  id: string[];
  x: (number | null)[];
  y: (number | null)[];
  /** 95 % interval of x; null: none known. */
  x_low: (number | null)[];
  x_high: (number | null)[];
  y_low: (number | null)[];
  y_high: (number | null)[];
  /** Users at once; null: open loop. */
  concurrency: (number | null)[];
  /** Requests a second of an open loop. */
  rate_rps: (number | null)[];
  /** Accelerators of the deployment. */
  chips: (number | null)[];
  /** Place in `layouts` of the answer. */
  layout: number[];
  /** The day. */
  measured: (string | null)[];
  verdict: ("VALID" | "DEGRADED" | "INVALID")[];
  /** Why it takes no part in the frontier; empty: it does. */
  excluded: string[];
  on_front: boolean[];
};

/** The series at the target of x. */
export type Reading = {
  at: number;
  /** The best measured point that meets the target; null: none does. */
  step: {
    x: number;
    y: number;
    /** Place in the points. */
    point: number;
    id: string;
  } | null;
  /** Read between two measured points of one layout, with its 80 % band; never beyond them. Null where not asked or not possible. */
  between: {
    y: number;
    low: number | null;
    high: number | null;
    /** Row id. */
    left: string;
    right: string;
  } | null;
};

/** A predicted curve beside a measured one: the performance model on the layout that has most points on the frontier, at the loads that were measured. Figures of means, with 80 % intervals. */
export type Overlay = {
  layout: string;
  domain: "known" | "partly known" | "unknown";
  concurrency: number[];
  x: number[];
  x_low: number[];
  x_high: number[];
  y: number[];
  y_low: number[];
  y_high: number[];
};

/** Points that may share a frontier. */
export type Series = {
  key: Key;
  /** Short, different from every other series of the answer. */
  label: string;
  /** Points of the series that match. */
  count: number;
  /** Of these not in `points`, because the answer would be too large; none of them is on the frontier. */
  left_out: number;
  points: PointColumns;
  /** Places in `points` of the frontier, by rising x. */
  front: number[];
  reading: Reading | null;
  predicted: Overlay | null;
};

/** The filters as they were understood, defaults filled in. */
export type RowQuery = {
  model: string[];
  shape: string[];
  chip: string[];
  engine: string[];
  precision: string[];
  speculative: string[];
  protocol: string[];
  way: string[];
  origin: string[];
  since: string | null;
  until: string | null;
  as_of: string | null;
  latest: boolean;
  all: boolean;
  /** Filters that were chosen here because the query did not name them. */
  defaulted: string[];
};

/** Whose prices, of which day. */
export type Pricing = {
  tier: string;
  date: string;
};

/** What exists, for the filters of the page. */
export type Facets = {
  model: Option[];
  shape: Option[];
  chip: Option[];
  engine: Option[];
  precision: Option[];
  speculative: Option[];
  protocol: Option[];
  way: Option[];
  origin: Option[];
};

export type Frontier = {
  /** Of the data; grows when the store does. */
  generation: number;
  query: RowQuery;
  pricing: Pricing;
  x: Axis;
  y: Axis;
  at: number | null;
  options: Facets;
  /** Axes of which at least one matching point has a value. */
  axes: {
    x: Axis[];
    y: Axis[];
  };
  layouts: string[];
  series: Series[];
  counts: {
    /** All rows known. */
    rows: number;
    matched: number;
    shown: number;
    excluded: {
      reason: string;
      count: number;
    }[];
  };
  notes: string[];
};

export type Figure = {
  name: string;
  title: string;
  unit: string;
  group: string;
  digits: number;
  value: number | null;
  /** 95 % interval. */
  low: number | null;
  high: number | null;
};

/** How to get this point again. */
export type Recipe = {
  kind: "command" | "run_link" | "settings" | "none";
  /** To copy. */
  command: string | null;
  /** The run that made it. */
  url: string | null;
  /** Everything known, as text to copy. */
  text: string;
};

export type Verdict = {
  instrument: "VALID" | "DEGRADED" | "INVALID";
  instrument_reasons: string[];
  server_reasons: string[];
};

/** What was changed between what was published and the row. */
export type Correction = {
  code: string;
  field: string;
  was: string;
  now: string;
};

export type Row = {
  id: string;
  label: string;
  key: Key;
  layout: string;
  chips: number | null;
  concurrency: number | null;
  rate_rps: number | null;
  measured: string | null;
  complete: boolean;
  origin: {
    format: string;
    source: string;
    url: string | null;
    key: string;
    import_id: number | null;
    revision: number | null;
    known: string | null;
  };
  /** schema/deployment.schema.json */
  deployment: Record<string, unknown>;
  workload: Record<string, unknown>;
  verdict: Verdict;
  /** All that are there. */
  figures: Figure[];
  /** Cost and energy at the pricing. */
  derived: Figure[];
  price: Price | null;
  pricing: Pricing;
  corrections: Correction[];
  facts: Record<string, string>;
  recipe: Recipe;
  /** An own run: /runs/{id}. */
  run: {
    id: string;
    point: number;
  } | null;
  /** The text as published. */
  original: string | null;
};

export type AnswerResult = {
  /** How the figures are known. */
  known: "measured" | "simulated" | "predicted";
  /** Row id; null for a prediction. */
  id: string | null;
  key: Key;
  label: string;
  layout: string;
  chips: number | null;
  concurrency: number | null;
  rate_rps: number | null;
  measured: string | null;
  /** At the percentile asked. */
  interactivity_tps: number | null;
  ttft_s: number | null;
  e2e_s: number | null;
  total_tps_per_chip: number | null;
  output_tps_per_chip: number | null;
  cost: {
    usd_per_mtok_total: number | null;
    usd_per_mtok_input: number | null;
    usd_per_mtok_output: number | null;
    price: Price;
  } | null;
  energy: {
    joules_per_total_token: number | null;
    joules_per_output_token: number | null;
    total_tps_per_mw: number | null;
    chip_w: number | null;
    boundary: string;
  } | null;
  /** By which share the point is better than each limit: 0.12 is 12 %. Null: not asked. */
  headroom: {
    interactivity: number | null;
    ttft: number | null;
    e2e: number | null;
  };
  /** What lies between measured points at exactly the target, with the 80 % band. */
  between: {
    total_tps_per_chip: number;
    low: number | null;
    high: number | null;
    usd_per_mtok_total: number | null;
    usd_low: number | null;
    usd_high: number | null;
  } | null;
  fleet: Fleet | null;
  /** Null: no budget was given, or the price is not known. */
  fits_budget: boolean | null;
  verdict: "VALID" | "DEGRADED" | "INVALID";
  /** How many. */
  corrections: number;
  recipe: Recipe;
};

/** Whole deployments for the users or the money asked. */
export type Fleet = {
  deployments: number;
  chips: number;
  users: number;
  output_tps: number;
  megawatts: number | null;
  usd_per_month: number | null;
};

export type Answer = {
  generation: number;
  query: RowQuery;
  pricing: Pricing;
  target: {
    percentile: string;
    interactivity_tps: number | null;
    ttft_s: number | null;
    e2e_s: number | null;
    users: number | null;
    usd_per_month: number | null;
    max_chips: number | null;
    rank: "cost" | "energy" | "throughput";
  };
  /** Best first. */
  results: AnswerResult[];
  left_out: {
    /** Series without a point that meets the target. */
    no_point: number;
    /** Chips without a price at that tier and day. */
    no_price: string[];
    over_budget: number;
    /** Further results than `limit`. */
    beyond_limit: number;
  };
  options: Facets;
  /** Shapes that this model has rows of, when the one asked has none. */
  shapes: {
    shape: string;
    input: number;
    output: number;
    count: number;
  }[];
  notes: string[];
};

export type Compare = {
  generation: number;
  query: RowQuery;
  x: Axis;
  metric: Axis;
  matched_by: "x" | "load";
  sides: {
    conditions: string;
    label: string;
    points: number;
    /** In what its points differ, so that a reading takes the best of several; empty: in nothing. */
    pooled: string;
  }[];
  /** One a side, against the first; null for the first. */
  overall: (Effect | null)[];
  matches: ({
    at: number;
    layout: string;
    /** One a side; null: no counterpart there. */
    values: ({
      value: number;
      /** A row behind it. */
      id: string | null;
      x: number | null;
      effect: Effect | null;
    } | null)[];
  })[];
  /** Sides that cannot be compared with the first, and why. */
  missing: {
    side: number;
    reason: string;
  }[];
  options: Facets;
  notes: string[];
};

/** Against the first side. */
export type Effect = {
  /** b / a - 1 */
  change: number | null;
  low: number | null;
  high: number | null;
  finding: "better" | "worse" | "no difference" | "cannot be shown" | "hint";
  /** Differences under this cannot be shown without repeats. */
  floor: number | null;
  differs: string[];
};

export type History = {
  generation: number;
  query: RowQuery;
  pricing: Pricing | null;
  floor: Axis;
  at: number;
  best: Axis;
  groups: ({
    name: string;
    trends: ({
      model: string;
      workload: string;
      protocol: string;
      window: string;
      way: string;
      undated: number;
      steps: ({
        from: string;
        value: number;
        at: number;
        id: string;
        label: string;
        layout: string;
        run_url: string | null;
        /** value / the step before - 1 */
        gain: number | null;
        /** Against the step before. */
        changed: {
          field: string;
          was: string;
          now: string;
        }[];
      })[];
    })[];
  })[];
  regressions: {
    metric: string;
    judged: number;
    too_few: number;
    /** Largest loss first. */
    shifts: ({
      label: string;
      layout: string;
      day: string | null;
      run_url: string | null;
      verdict: "worse" | "better";
      change: number;
      smallest_finding: number;
      loads: number;
      history: number;
      own_noise: boolean;
      ids: string[];
    })[];
  } | null;
  options: Facets;
  notes: string[];
};

export type Gain = {
  records: number;
  /** As many times as much a year. */
  factor: number | null;
  low: number | null;
  high: number | null;
  /** Why there is no factor. */
  why: string;
  steps: {
    day: string;
    cost: number;
    weights: string;
    id: string;
  }[];
};

export type Intelligence = {
  generation: number;
  query: RowQuery;
  pricing: Pricing;
  eval: string | null;
  boundary: string;
  interactivity_floor: number;
  evals: {
    id: string;
    name: string;
    family: string;
    measures: string;
    takes_part: boolean;
    why_not: string;
    scores: number;
    /** Nobody counted the input of a question: give input_tokens. */
    needs_input_tokens: boolean;
  }[];
  points: ({
    weights: string;
    mode: string;
    score: number;
    chip: string;
    label: string;
    id: string;
    protocol: string;
    input_tokens: number;
    input_assumed: boolean;
    output_tokens: number;
    usd_per_question: number;
    solved_per_usd: {
      value: number;
      low: number | null;
      high: number | null;
    } | null;
    solved_per_kwh: {
      value: number;
      low: number | null;
      high: number | null;
    } | null;
  })[];
  gains: {
    score: number;
    dollars: Gain;
    joules: Gain;
  } | null;
  notes: string[];
};

export type RunSummary = {
  id: string;
  started: string;
  ended: string | null;
  state: "complete" | "stopped" | "no end";
  way: string;
  version: string;
  model: string;
  engine: string;
  engine_version: string;
  precision: string;
  chip: string;
  chips: number | null;
  workload: string;
  points_asked: number;
  points_begun: number;
  points_done: number;
  valid: number;
  degraded: number;
  invalid: number;
  labels: Record<string, string>;
};

export type Runs = {
  generation: number;
  total: number;
  offset: number;
  runs: RunSummary[];
};

export type Run = {
  generation: number;
  summary: RunSummary;
  /** That measures it again. */
  command: string;
  /** schema/plan.schema.json */
  plan: Record<string, unknown>;
  host: Record<string, string>;
  engine: Record<string, string>;
  notes: string[];
  /** As in schema/run.schema.json: concurrency, verdict, audit, steady, whole, ... */
  points: Record<string, unknown>[];
  /** Of the points, for /rows/{id}. */
  row_ids: string[];
  repeats: Record<string, unknown>[];
  /** For /runs/{id}/series. */
  series: {
    metric: string;
    device: string;
    source: string;
    samples: number;
  }[];
};

export type RunPoint = {
  generation: number;
  run: string;
  point: number;
  /** concurrency 4 */
  load: string;
  histograms: {
    ttft: {
      edges_s: number[];
      counts: number[];
    } | null;
    itl: {
      edges_s: number[];
      counts: number[];
    } | null;
    e2e: {
      edges_s: number[];
      counts: number[];
    } | null;
  };
  courses: {
    output_tps: {
      start_s: number;
      step_s: number;
      values: number[];
    } | null;
    in_flight: {
      start_s: number;
      step_s: number;
      values: number[];
    } | null;
  };
  /** The window that counts. */
  window: {
    begin_s: number;
    end_s: number;
  } | null;
  /** In columns, by intended time; times in seconds of the point's clock. */
  requests: {
    total: number;
    left_out: number;
    id: number[];
    intended_s: (number | null)[];
    sent_s: (number | null)[];
    first_token_s: (number | null)[];
    end_s: (number | null)[];
    outcome: string[];
    input_tokens: (number | null)[];
    output_tokens: (number | null)[];
    warmup: boolean[];
  };
};

export type RunSeries = {
  generation: number;
  run: string;
  series: {
    metric: string;
    device: string;
    source: string;
    begin: string;
    left_out: number;
    offsets_s: number[];
    values: number[];
  }[];
};

export type RunRecipe = {
  generation: number;
  run: string;
  /** Its fingerprint; null where the run was not made by a sweep. */
  recipe: string | null;
  /** For sh. A published site has it beside, as recipe.sh. */
  script: string | null;
  /** Of the script, in hexadecimal. */
  sha256: string | null;
};

export type Predicted = {
  value: number;
  low80: number;
  high80: number;
};

export type Predict = {
  generation: number;
  model: string;
  chip: string;
  engine: string;
  precision: string;
  layout: string;
  chips: number;
  fitted_rows: number;
  pricing: Pricing;
  price: Price | null;
  /** Keys of decode_step and prompt, in order. */
  parts: {
    key: string;
    title: string;
  }[];
  points: ({
    concurrency: number;
    ttft_mean_s: Predicted;
    tpot_mean_s: Predicted;
    interactivity_tps: Predicted;
    e2e_mean_s: Predicted;
    total_tps_per_chip: Predicted;
    usd_per_mtok_total: Predicted | null;
    domain: "known" | "partly known" | "unknown";
    decoding_sequences: number;
    /** At most 1e9: no limit. */
    admitted_sequences: number;
    limited_by: string;
    decode_step: Record<string, number>;
    prompt: Record<string, number>;
    memory: {
      chip_bytes: number;
      weight_bytes: number;
      cache_room_bytes: number;
      cache_filled_bytes: number;
    };
  })[];
  /** Measured rows of the same model, chip, engine, precision, shape and layout. */
  measured: ({
    id: string;
    concurrency: number;
    interactivity_tps: number | null;
    ttft_s: number | null;
    total_tps_per_chip: number | null;
  })[];
  notes: string[];
};

export type CatalogEntry = {
  kind: string;
  id: string;
  name: string;
  aliases: string[];
  file: string;
  collected: string | null;
  note: string;
  /** By field: number, text, or list. */
  values: Record<string, unknown>;
  sources?: Record<string, {
    text: string;
    date: string | null;
    confidence: string | null;
    harness?: string;
  }>;
  source_of?: Record<string, string>;
  /** For drawing: of a model its layers by kind, of a fabric its topology. */
  shape?: Record<string, unknown>;
};

export type Catalog = {
  kinds: {
    kind: string;
    count: number;
  }[];
};

export type CatalogList = {
  kind: string;
  /** What a table shows first. */
  columns: {
    field: string;
    title: string;
    unit: string;
  }[];
  entries: CatalogEntry[];
};

export type CatalogOne = CatalogEntry;

export type LiveRun = {
  run: RunSummary;
  /** Seconds since it began. */
  began_s: number;
  /** Nothing was written for 60 s: killed, or waiting for a very slow answer. */
  stale: boolean;
  points: ({
    point: number;
    load: string;
    state: "done" | "running";
    /** Written so far. */
    requests: number;
  })[];
};

export type Live = {
  generation: number;
  now: string;
  runs: LiveRun[];
  /** The last that ended. */
  recent: RunSummary[];
};

export type Meta = {
  /** 1 */
  api: number;
  version: string;
  generation: number;
  /** true in a published site. */
  static: boolean;
  /** When the static site was written. */
  built: string | null;
  store: string;
  counts: {
    rows: number;
    imported: number;
    own: number;
    runs: number;
    models: number;
    chips: number;
  };
  /** The registry and what is derived from it. */
  metrics: Axis[];
  tiers: {
    value: string;
    label: string;
  }[];
  boundaries: string[];
  price_books: ({
    id: string;
    name: string;
    date: string | null;
  })[];
  price_default: Pricing;
  capabilities: {
    predict: boolean;
    live: boolean;
    answer: boolean;
    as_of: boolean;
  };
  notes: string[];
};

export type Health = {
  status: "ok" | "loading";
  generation: number;
};
