// The schema's step for `daemon` and evidence bundles (migrations.h).
//
// Private to store/. Thread safety: constant data.

#pragma once

#include <array>
#include <string_view>

namespace roofscape::store {

// What happened to an entry of a daemon's configuration, in order; what holds now follows from all
// of it. And the evidence bundles that were read, with the manifest of each and the runs it
// brought.
inline constexpr std::string_view kDaemon = R"sql(
CREATE TABLE daemon_event (
  entry       TEXT   NOT NULL,
  event_index BIGINT NOT NULL,  -- 1, 2, 3, ...
  at_us       BIGINT NOT NULL,
  kind        TEXT   NOT NULL,
  event_json  TEXT   NOT NULL,
  PRIMARY KEY (entry, event_index)
);

CREATE TABLE bundle (
  digest   TEXT   NOT NULL PRIMARY KEY,  -- SHA-256 of the manifest
  known_us BIGINT NOT NULL,
  source   TEXT   NOT NULL,  -- the file's name
  version  TEXT   NOT NULL,  -- of Roofscape
  manifest TEXT   NOT NULL
);

CREATE TABLE bundle_run (
  digest TEXT NOT NULL REFERENCES bundle (digest),
  run_id TEXT NOT NULL REFERENCES run (id),
  PRIMARY KEY (digest, run_id)
);
)sql";

inline constexpr std::array<std::string_view, 3> kDaemonTables = {"daemon_event", "bundle",
                                                                  "bundle_run"};

}  // namespace roofscape::store
