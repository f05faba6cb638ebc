// The schema's step for campaigns of `sweep` (migrations.h).
//
// Private to store/. Thread safety: constant data.

#pragma once

#include <array>
#include <string_view>

namespace roofscape::store {

// How far a campaign of `sweep` is. Events say what happened, in order; what holds now follows from
// all of them. A layout is one start of a server; a point is measured once.
inline constexpr std::string_view kSweeps = R"sql(
CREATE TABLE sweep_plan (
  campaign_id BIGINT NOT NULL REFERENCES campaign (id),
  revision    BIGINT NOT NULL,
  known_us    BIGINT NOT NULL,
  plan_text   TEXT   NOT NULL,
  PRIMARY KEY (campaign_id, revision)
);

CREATE TABLE sweep_layout (
  campaign_id BIGINT NOT NULL REFERENCES campaign (id),
  layout      TEXT   NOT NULL,  -- SHA-256 of all that determines it
  layout_json TEXT   NOT NULL,
  PRIMARY KEY (campaign_id, layout)
);

CREATE TABLE sweep_point (
  campaign_id BIGINT NOT NULL REFERENCES campaign (id),
  point       TEXT   NOT NULL,  -- recipe, repeat and round
  point_index BIGINT NOT NULL,  -- in the order in which they were planned
  layout      TEXT   NOT NULL,
  point_json  TEXT   NOT NULL,
  PRIMARY KEY (campaign_id, point),
  UNIQUE (campaign_id, point_index),
  FOREIGN KEY (campaign_id, layout) REFERENCES sweep_layout (campaign_id, layout)
);

CREATE TABLE sweep_event (
  campaign_id BIGINT NOT NULL REFERENCES campaign (id),
  event_index BIGINT NOT NULL,  -- 1, 2, 3, ...
  at_us       BIGINT NOT NULL,
  kind        TEXT   NOT NULL,
  subject     TEXT   NOT NULL,  -- a layout, a point or a coordinator, by kind
  event_json  TEXT   NOT NULL,
  PRIMARY KEY (campaign_id, event_index)
);
)sql";

inline constexpr std::array<std::string_view, 4> kSweepTables = {"sweep_plan", "sweep_layout",
                                                                 "sweep_point", "sweep_event"};

}  // namespace roofscape::store
