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
  /** What our own audit says of the client; UNKNOWN of imported points, which nobody here watched. */
  verdict: ("VALID" | "DEGRADED" | "INVALID" | "UNKNOWN")[];
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
  instrument: "VALID" | "DEGRADED" | "INVALID" | "UNKNOWN";
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
  verdict: "VALID" | "DEGRADED" | "INVALID" | "UNKNOWN";
  /** Of the throughput a chip, 95 %. Only own points have one. */
  interval: {
    low: number | null;
    high: number | null;
  } | null;
  /** By which share worse than the first by the figure that ranks; 0 of the first. Null: cannot be ranked. */
  behind: number | null;
  /** Behind by no more than re-runs of one configuration differ by: which of the two is better cannot be told. */
  close: boolean;
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
  /** By which share the throughput of one configuration differs when it is run again: 90 and 95 of 100 pairs by less. */
  rerun: {
    p90: number;
    p95: number;
  };
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

/** Of an open loop: without an upper end where the deployment may be saturated. */
export type PredictedOpen = {
  value: number;
  low80: number;
  high80: number | null;
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
    /** That drafts gain. */
    tokens_a_step: number;
    /** That a power cap leaves, of the full one. */
    clock: {
      decode_step: number;
      prompt: number;
    };
    memory: {
      chip_bytes: number;
      weight_bytes: number;
      cache_room_bytes: number;
      cache_filled_bytes: number;
    };
  })[];
  /** Of an open loop, in place of points; absent else. */
  rates?: ({
    rate_rps: number;
    /** Then all figures are null. */
    saturated: boolean;
    ttft_mean_s: PredictedOpen | null;
    tpot_mean_s: PredictedOpen | null;
    interactivity_tps: Predicted | null;
    e2e_mean_s: PredictedOpen | null;
    total_tps_per_chip: Predicted | null;
    usd_per_mtok_total: Predicted | null;
    /** For a place, within TTFT. */
    waiting_mean_s: number | null;
    in_flight_mean_requests: number | null;
    serving_mean_requests: number | null;
    /** Of the time, a copy of attention. */
    idle_fraction: number | null;
    domain: string | null;
    decoding_sequences: number | null;
    admitted_sequences: number | null;
    limited_by: string | null;
    decode_step: Record<string, number> | null;
    prompt: Record<string, number> | null;
    tokens_a_step: number | null;
    clock: Record<string, number> | null;
    memory: Record<string, number> | null;
  })[];
  /** Of an open loop: saturated from here on. */
  capacity_rps?: Predicted;
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

/** A study, and what it found if that is known already. */
export type StudyHead = {
  id: string;
  kind: "gain" | "portability" | "machines" | "fabrics" | "joint" | "what_if";
  title: string;
  /** A letter where it is one of the three stories. */
  story: string | null;
  /** Paragraphs. */
  text: string[];
  /** Computes the same in a shell. */
  command: string;
  headline: string | null;
};

export type Studies = {
  studies: StudyHead[];
};

/** A figure that the catalog does not have, and who says so, or 'assumption'. */
export type Stated = {
  what: string;
  source: string;
};

/** What a machine gives at a speed. Of wafers an interval. */
export type Served = {
  /** Tokens for each unit of what is spent. */
  value: number;
  low: number;
  high: number;
  tpot_mean_s: number;
  /** How it is laid out. */
  plan: string;
};

export type PricedServed = {
  /** Tokens for each unit of what is spent. */
  value: number;
  low: number;
  high: number;
  tpot_mean_s: number;
  /** How it is laid out. */
  plan: string;
  usd_per_mtok: number | null;
  usd_per_mtok_low: number | null;
  usd_per_mtok_high: number | null;
};

export type StudyEnd = {
  name: string;
  value: number;
  usd_per_mtok: number | null;
  plan: string;
};

/** A gain split among layers: shares multiply to it. */
export type StudyGain = {
  schema: string;
  objective: string;
  spent: string;
  a: StudyEnd;
  b: StudyEnd;
  model: string;
  interactivity_tps: number;
  gain: number;
  gain_low80: number | null;
  gain_high80: number | null;
  draws: number;
  layers: ({
    layer: string;
    share: number;
    /** Over all orders. */
    least: number;
    most: number;
    low80: number | null;
    high80: number | null;
    /** Rows of the store confirm it, alone or with others. */
    measured: boolean;
    /** Where its figures are from: data sheets and price books, or a fit to measured rows. */
    ground: "published" | "fitted";
    /** By other layer: how much more two bring together than one by one. */
    log_together: Record<string, number>;
    /** The same as a factor. */
    times_together: Record<string, number>;
  })[];
  /** The largest share first, from 1 to the gain; the interval is of where a step ends. */
  waterfall: ({
    layer: string;
    from: number;
    to: number;
    low80: number | null;
    high80: number | null;
  })[];
  measured: {
    a_tps_per_chip: number | null;
    b_tps_per_chip: number | null;
    axes: {
      axis: string;
      layers: string;
      gain: number;
      least: number;
      most: number;
      pairs: number;
      /** The product of the shares of its layers. */
      modelled: number;
    }[];
  } | null;
};

/** What a model shaped for one machine loses on another. */
export type StudyPortability = {
  schema: string;
  name: string;
  quality: string;
  objective: string;
  spent: string;
  stated: Stated[];
  machines: {
    name: string;
    chips: number;
    wafers: boolean;
    kernel_time: number;
  }[];
  models: ({
    name: string;
    /** By machine, then speed. */
    values: ((Served | null)[])[];
  })[];
  refused: {
    name: string;
    why: string;
  }[];
  speeds: ({
    interactivity_tps: number;
    /** [shaped for][on]; null: one of the two does not reach the speed. */
    loss: ((number | null)[])[];
    /** By machine. */
    best: ({
      /** Tokens for each unit of what is spent. */
      value: number;
      low: number;
      high: number;
      tpot_mean_s: number;
      /** How it is laid out. */
      plan: string;
      model: string;
    } | null)[];
    grown_kernels: {
      /** [shaped for][on]; null: one of the two does not reach the speed. */
      loss: ((number | null)[])[];
      /** By machine. */
      best: ({
        /** Tokens for each unit of what is spent. */
        value: number;
        low: number;
        high: number;
        tpot_mean_s: number;
        /** How it is laid out. */
        plan: string;
        model: string;
      } | null)[];
      /** By machine: over what is now. */
      worth: (number | null)[];
    } | null;
    moves: ({
      from: number;
      to: number;
      rows: ({
        means: "kept" | "anew" | "groups" | "two_batches";
        loss: number | null;
        plan: string;
      })[];
    })[];
  })[];
  configurations: number;
};

/** Each model as it is, on each machine, by speed and length. */
export type StudyMachines = {
  schema: string;
  name: string;
  objective: string;
  spent: string;
  output_tokens: number;
  speeds_tps: number[];
  stated: Stated[];
  machines: {
    name: string;
    chips: number;
    wafers: boolean;
  }[];
  cases: ({
    model: string;
    input_tokens: number;
    /** By machine, then speed. */
    served: ((PricedServed | null)[])[];
    /** By speed: the machine. */
    winners: (number | null)[];
    /** By speed, each on its best machine. */
    times_slowest_price: (number | null)[];
  })[];
};

/** One chip with one fabric after another. */
export type StudyFabrics = {
  schema: string;
  name: string;
  model: string;
  chip: string;
  objective: string;
  spent: string;
  chips: number;
  tokens_per_chip: number;
  speeds_tps: number[];
  /** Over which experts are spread. */
  spread_chips: number[];
  fabrics: ({
    name: string;
    topology: string;
    link_gb_s: number;
    domain_chips: number;
    /** By spread_chips: to the experts and back in a step. */
    travel_s: (number | null)[];
    domains: ({
      domain_chips: number;
      /** By speed. */
      served: (Served | null)[];
    })[];
  })[];
};

export type JointPoint = {
  interactivity_tps: number;
  tokens_per_usd: number;
  tokens_per_j: number;
  tps_per_chip: number;
  ttft_mean_s: number;
  tpot_mean_s: number;
  chip: Record<string, number>;
  fabric: string;
  model: string;
  layout: {
    chips: number;
    dp: number;
    ep: number;
  };
  concurrency: number;
};

/** Chip, links, shape and layout chosen together. */
export type StudyJoint = {
  schema: string;
  name: string;
  quality: string;
  seed: number;
  configurations: number;
  chips: number;
  stated: Stated[];
  refused: {
    name: string;
    why: string;
  }[];
  front: JointPoint[];
  best: ({
    interactivity_tps: number;
    by_usd: JointPoint | null;
    by_joule: JointPoint | null;
    /** Per cent of tokens a USD for one per cent of the input. */
    elasticities: ({
      input: string;
      value: number | null;
      low80: number | null;
      high80: number | null;
    })[];
  })[];
};

export type WhatIfOutcome = {
  value: number | null;
  tps_per_chip: number | null;
  ttft_mean_s: number | null;
  tpot_mean_s: number | null;
  usd_per_hour: number | null;
  kw: number | null;
  /** Mean share of chips that work. */
  alive: number;
  site_tps: number | null;
  mass_kg: number | null;
  solar_m2: number | null;
  radiator_m2: number | null;
  plan: string;
};

/** A scenario against what is. */
export type StudyWhatIf = {
  schema: string;
  name: string;
  model: string;
  chip: string;
  interactivity_tps: number;
  objective: string;
  spent: string;
  stated: Stated[];
  now: WhatIfOutcome;
  then: WhatIfOutcome;
  gain: number | null;
  /** The widest swing first. */
  parameters: ({
    sets: string;
    now: number | null;
    value: number;
    low: number;
    high: number;
    source: string;
    assumed: boolean;
    at_low: number | null;
    at_high: number | null;
    log_swing: number | null;
    /** Over its range, the others kept. */
    swing_times: number | null;
    /** At one end the speed is not reached. */
    unlimited: boolean;
  })[];
};

/** How far a study is; what it came to once it is done, under the name of its kind. */
export type Study = {
  id: string;
  kind: "gain" | "portability" | "machines" | "fabrics" | "joint" | "what_if";
  title: string;
  /** A letter where it is one of the three stories. */
  story: string | null;
  /** Paragraphs. */
  text: string[];
  /** Computes the same in a shell. */
  command: string;
  state: "waiting" | "running" | "done" | "failed";
  /** 0 to 1, of what runs. */
  progress: number;
  /** Studies that are computed first. */
  before: number;
  error: string | null;
  headline: string | null;
  gain: StudyGain | null;
  portability: StudyPortability | null;
  machines: StudyMachines | null;
  fabrics: StudyFabrics | null;
  joint: StudyJoint | null;
  what_if: StudyWhatIf | null;
};

export type SketchModel = {
  name: string;
  shape: string;
  /** Billions of parameters. */
  total_b: number;
  active_b: number;
};

export type SketchSlider = {
  /** The parameter that it sets. */
  name: string;
  title: string;
  unit: string;
  /** Where it began. */
  base: number | null;
  value: number | null;
  stops: number[];
};

export type SketchCurve = {
  /** Parts by the names of their parameters. */
  chip: Record<string, number>;
  fabric: string;
  usd_per_hour: number | null;
  all_in_kw: number | null;
  points: ({
    interactivity_tps: number;
    /** The speed that it is the best for. */
    asked_tps: number;
    total_tps_per_chip: number;
    tokens_per_usd: number | null;
    usd_per_mtok_total: number | null;
    tokens_per_j: number | null;
    ttft_mean_s: number;
    plan: string;
  })[];
};

/** A chip and a model that are not there. Different models do not compare. */
export type Sketch = {
  schema: string;
  spent: string;
  chips: number;
  base: SketchModel;
  model: SketchModel;
  sliders: {
    chip: SketchSlider[];
    model: SketchSlider[];
  };
  sketch: SketchCurve;
  /** The same model on the chip that it began from. */
  built: SketchCurve;
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

export type WorkFailure = {
  /** As docs/reference/sweep.md lists them; `skipped` for a point that was not tried. */
  class: string;
  reason: string;
  cure: string | null;
};

export type SweepBudget = {
  name: "wall_hours" | "device_hours" | "usd";
  unit: string;
  limit: number;
  /** Of wall_hours: since the coordinator that runs began; null where none runs. */
  used: number | null;
  /** At most 1. */
  used_share: number | null;
};

export type SweepHead = {
  name: string;
  purpose: string;
  started: string;
  /** When something happened to it last. */
  last: string | null;
  /** running: a coordinator gives signs of life. stopped: none does, and points are open. ended: none is open. unreadable: trouble says why, and no figure of its points counts. */
  state: "running" | "stopped" | "ended" | "unreadable";
  points: number;
  pending: number;
  running: number;
  done: number;
  failed: number;
  skipped: number;
  /** Estimated seconds of measuring what is pending or running, one after the other. */
  open_s: number;
  /** Hours times chips that ended jobs took. */
  device_h: number;
  /** The same in money. */
  usd: number | null;
  /** By the plan, else today's price of its dearest chip. */
  usd_per_device_h: number | null;
  budgets: SweepBudget[];
  hosts_aside: number;
  /** Why its record cannot be read. */
  trouble: string | null;
};

export type SweepPoint = {
  point: string;
  title: string;
  deployment: string;
  /** Its fingerprint. */
  recipe: string;
  repeat: number;
  round: number;
  status: "pending" | "running" | "done" | "failed" | "skipped";
  run: string | null;
  verdict: string | null;
  measured: string | null;
  /** Of DEGRADED points, before they were repeated. */
  repeated_runs: string[];
  /** Tries that failed. */
  failures: number;
  failure: WorkFailure | null;
};

export type SweepReason = {
  class: string;
  reason: string;
  cure: string | null;
  status: "failed" | "skipped";
  points: number;
};

export type SweepHost = {
  host: string;
  failures: number;
  /** It gets no further jobs. */
  aside: boolean;
  /** Reason of its last failure. */
  last: string | null;
};

export type SweepJob = {
  job: string;
  deployment: string;
  chips: number;
  /** null: not begun. */
  host: string | null;
  points: number;
  made: string;
};

export type Sweep = {
  generation: number;
  now: string;
  fleet: number;
  campaign: SweepHead;
  /** Points that failed or were skipped alike, most first. */
  reasons: SweepReason[];
  /** That had failures. */
  hosts: SweepHost[];
  /** That have not ended. */
  jobs: SweepJob[];
  /** In the plan's order, 10,000 at most. */
  points: SweepPoint[];
  points_left_out: number;
};

export type DaemonChange = {
  /** Deployment and workload. */
  title: string;
  worse: boolean;
  shifts: ({
    metric: string;
    /** Of a rate, in which more is better: -0.1 is 10 % worse. */
    change: number | null;
    /** From this on a change is beyond the noise. */
    smallest_finding: number | null;
    /** Earlier measurements it was held against. */
    history: number | null;
  })[];
  changed_with_it: {
    name: string;
    was: string;
    now: string;
  }[];
};

export type DaemonRecord = {
  title: string;
  metric: string;
  target: number | null;
  value: number | null;
  before: number | null;
};

export type DaemonOccasion = {
  number: number;
  cause: "first" | "schedule" | "release";
  due: string;
  /** Earlier times of the schedule that nobody ran. */
  missed: number;
  release: string | null;
  host: string;
  begun: string;
  ended: string | null;
  campaign: string | null;
  /** What a message about it begins with. */
  subject: string | null;
  points_done: number | null;
  failures: ({
    class: string;
    reason: string;
    cure: string | null;
    points: number | null;
  })[];
  /** The run as a whole, or its publishing. */
  broken: WorkFailure | null;
  published: boolean;
  /** Channels that have it. */
  told: string[];
  /** Channels that are still to have it. */
  untold: string[];
  changes: DaemonChange[];
  records: DaemonRecord[];
};

export type DaemonHead = {
  name: string;
  /** null, as what follows: told by an earlier version. */
  plan: string | null;
  /** As cron has it; null: none. */
  schedule: string | null;
  time_zone: string | null;
  /** Where it asks for new releases. */
  watch_every_s: number | null;
  campaign: string | null;
  /** overdue: a time of its schedule has passed and nothing began: no daemon looks after it, or it is busy with another entry. */
  state: "running" | "waiting" | "overdue";
  /** Of the schedule. */
  next: string | null;
  overdue_since: string | null;
  /** When a daemon met it first. */
  seen: string | null;
  /** The newest that is known. */
  release: string | null;
  occasions: number;
  last: DaemonOccasion | null;
  trouble: string | null;
};

export type DaemonEntry = {
  generation: number;
  now: string;
  fleet: number;
  entry: DaemonHead;
  /** The last 200, newest first. */
  occasions: DaemonOccasion[];
  left_out: number;
};

export type FleetNow = {
  generation: number;
  now: string;
  /** Grows with all that happens. */
  fleet: number;
  /** Newest first. */
  campaigns: SweepHead[];
  /** By name. */
  entries: DaemonHead[];
};

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

/** What to measure, as roofscape bench has it; either concurrency or rate_rps. */
export type BenchRequest = {
  /** A server of this machine: http://127.0.0.1:8000, localhost, [::1]. */
  url: string;
  /** chat (default), completions, responses, messages, sglang, tgi, llamacpp */
  api?: string | null;
  /** null: the first that the server lists. */
  model?: string | null;
  chip?: string | null;
  chips?: number | null;
  /** Users at once, of a closed loop. */
  concurrency?: number[] | null;
  /** Requests a second, of an open loop. */
  rate_rps?: number[] | null;
  /** Default 1024. */
  input_tokens?: number | null;
  /** Default 1024. */
  output_tokens?: number | null;
  /** Of a closed loop: measured requests a point for each user; default 20. */
  requests_per_slot?: number | null;
  duration_s?: number | null;
};

/** A run that was started here. */
export type QueueEntry = {
  id: string;
  state: "waiting" | "running" | "stopping" | "done" | "failed" | "cancelled";
  asked: string;
  began: string | null;
  ended: string | null;
  /** Why it failed: what the run said last. */
  message: string | null;
  /** Its run in the store, once that has begun; it has the label queue=ID. */
  run: string | null;
  bench: BenchRequest;
};

/** In the order of asking; of the ended ones the last few. */
export type Queue = {
  /** Whether runs can be started: serve --allow-runs. */
  allowed: boolean;
  /** So many may wait. */
  limit: number;
  entries: QueueEntry[];
};

export type Live = {
  generation: number;
  now: string;
  /** Grows with all that happens to campaigns of sweep and entries of daemon. */
  fleet: number;
  /** Started here; empty without serve --allow-runs. */
  queue: QueueEntry[];
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
    /** Whether runs can be started: serve --allow-runs. */
    runs: boolean;
  };
  notes: string[];
};

export type Health = {
  status: "ok" | "loading";
  generation: number;
};
