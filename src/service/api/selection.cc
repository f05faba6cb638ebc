#include "service/api/selection.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "domain/analysis/days.h"

namespace roofscape::api {
namespace {

constexpr std::int64_t kDayUs = 86'400'000'000;
constexpr std::string_view kNotTold = "?";

constexpr std::array<std::string_view, kFields + 5> kParams = {
    "model", "shape",  "chip",  "engine", "precision", "speculative", "protocol",
    "way",   "origin", "since", "until",  "as_of",     "latest",      "all"};

template <class Find>
std::string IdOf(Find find, const catalog::Catalog& catalog, const std::string& name) {
  const auto found = find(catalog, name);
  return found ? (*found)->entry.id : name;
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

std::string Known(Field field, const catalog::Catalog& catalog, const std::string& value) {
  if (value == kNotTold) return "";
  switch (field) {
    case Field::kModel: return IdOf(catalog::FindModel, catalog, value);
    case Field::kChip: return IdOf(catalog::FindChip, catalog, value);
    case Field::kEngine: return IdOf(catalog::FindEngine, catalog, value);
    case Field::kPrecision:
    case Field::kSpeculative: return Lower(value);
    default: return value;
  }
}

std::string LabelOf(Field field, const catalog::Catalog& catalog, const std::string& value) {
  if (value.empty()) return "not told";
  const auto name = [&](const auto& found) {
    return found && !(*found)->entry.name.empty() ? (*found)->entry.name : value;
  };
  if (field == Field::kModel) return name(catalog::FindModel(catalog, value));
  if (field == Field::kChip) return name(catalog::FindChip(catalog, value));
  if (field == Field::kEngine) return name(catalog::FindEngine(catalog, value));
  return value;
}

using FacetCounts = std::array<std::vector<std::int64_t>, kFields>;

/// Which field alone keeps a setup out: kFields for none, kManyFields where several do.
constexpr std::size_t kManyFields = kFields + 1;

/// The conditions, asked of each setup once, and of a row only when it was measured.
class Matcher {
 public:
  Matcher(const Selection& selection, const Snapshot& snapshot)
      : selection_(selection), snapshot_(snapshot) {
    std::array<std::vector<char>, kFields> allowed;
    for (std::size_t f = 0; f < kFields; ++f) {
      const std::vector<std::string>& values = snapshot.Values(static_cast<Field>(f));
      const Wanted& wanted = selection.fields[f];
      for (const std::string& value : values) {
        const bool fits =
            wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
        allowed[f].push_back(fits ? 1 : 0);
      }
    }
    for (const Snapshot::Setup& setup : snapshot.setups()) {
      std::size_t out = kFields;
      for (std::size_t f = 0; f < kFields && out != kManyFields; ++f) {
        if (allowed[f][setup.codes[f]] == 0) out = out == kFields ? f : kManyFields;
      }
      kept_out_by_.push_back(out);
    }
    if (selection.since) from_us_ = analysis::DayNumber(*selection.since) * kDayUs;
    if (selection.until) until_us_ = (analysis::DayNumber(*selection.until) + 1) * kDayUs - 1;
  }

  std::size_t KeptOutBy(std::size_t setup) const { return kept_out_by_[setup]; }

  bool InTime(std::size_t row) const {
    if (selection_.latest && !snapshot_.IsLatest(row)) return false;
    const std::int64_t measured = snapshot_.rows()[row].measured.unix_us;
    if (from_us_ && (measured == 0 || measured < *from_us_)) return false;
    return !until_us_ || (measured != 0 && measured <= *until_us_);
  }

  /// How many rows of each setup are in time.
  std::vector<std::int64_t> Counts() const {
    std::vector<std::int64_t> counts;
    if (!selection_.latest && !from_us_ && !until_us_) {
      for (const Snapshot::Setup& setup : snapshot_.setups()) counts.push_back(setup.rows);
      return counts;
    }
    counts.assign(snapshot_.setups().size(), 0);
    for (std::size_t row = 0; row < snapshot_.rows().size(); ++row) {
      if (InTime(row)) ++counts[snapshot_.SetupOf(row)];
    }
    return counts;
  }

 private:
  const Selection& selection_;
  const Snapshot& snapshot_;
  std::vector<std::size_t> kept_out_by_;  // By setup.
  std::optional<std::int64_t> from_us_, until_us_;
};

Json DayJson(const std::optional<catalog::Date>& day) {
  return day ? Json(day->ToIso()) : Json(nullptr);
}

}  // namespace

std::span<const std::string_view> SelectionParams() { return kParams; }

Result<Selection> ReadSelection(const Params& params, const catalog::Catalog& catalog) {
  Selection selection;
  for (std::size_t f = 0; f < kFields; ++f) {
    const auto field = static_cast<Field>(f);
    for (const std::string& value : params.Many(Name(field))) {
      selection.fields[f].push_back(Known(field, catalog, value));
    }
  }
  RS_ASSIGN_OR_RETURN(selection.since, params.Day("since"));
  RS_ASSIGN_OR_RETURN(selection.until, params.Day("until"));
  RS_ASSIGN_OR_RETURN(selection.as_of, params.Day("as_of"));
  RS_ASSIGN_OR_RETURN(selection.latest, params.Flag("latest"));
  RS_ASSIGN_OR_RETURN(selection.all, params.Flag("all"));
  return selection;
}

void FillIn(Selection& selection, const Snapshot& snapshot, std::span<const Field> fields) {
  for (const Field field : fields) {
    if (!selection[field].empty()) continue;
    const Matcher matcher(selection, snapshot);
    const std::vector<std::int64_t> rows = matcher.Counts();
    // Who measured something wants to see that first, and few own points stand beside many others'.
    std::vector<std::pair<std::int64_t, std::int64_t>> counts(snapshot.Values(field).size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (matcher.KeptOutBy(i) != kFields) continue;
      const Snapshot::Setup& setup = snapshot.setups()[i];
      auto& [own, any] = counts[setup.codes[static_cast<std::size_t>(field)]];
      const auto origin = setup.codes[static_cast<std::size_t>(Field::kOrigin)];
      if (snapshot.Values(Field::kOrigin)[origin] == "own") own += rows[i];
      any += rows[i];
    }
    const auto most = std::max_element(counts.begin(), counts.end());
    if (most == counts.end() || most->second == 0) continue;
    const auto place = static_cast<std::size_t>(most - counts.begin());
    selection[field].push_back(snapshot.Values(field)[place]);
    selection.defaulted.emplace_back(Name(field));
  }
}

std::vector<std::size_t> Select(const Selection& selection, const Snapshot& snapshot) {
  const Matcher matcher(selection, snapshot);
  std::vector<std::size_t> places;
  for (std::size_t row = 0; row < snapshot.rows().size(); ++row) {
    if (matcher.KeptOutBy(snapshot.SetupOf(row)) == kFields && matcher.InTime(row)) {
      places.push_back(row);
    }
  }
  return places;
}

std::vector<spec::Row> RowsAt(const Snapshot& snapshot, std::span<const std::size_t> places) {
  std::vector<spec::Row> rows;
  rows.reserve(places.size());
  for (const std::size_t place : places) rows.push_back(snapshot.rows()[place]);
  return rows;
}

namespace {

/// Rows by each value of each field, with all conditions but the field's own.
FacetCounts CountFacets(const Selection& selection, const Snapshot& snapshot) {
  const Matcher matcher(selection, snapshot);
  FacetCounts counts;
  for (std::size_t f = 0; f < kFields; ++f) {
    counts[f].assign(snapshot.Values(static_cast<Field>(f)).size(), 0);
  }
  const std::vector<std::int64_t> rows = matcher.Counts();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::size_t out = matcher.KeptOutBy(i);
    for (std::size_t f = 0; f < kFields; ++f) {
      if (out == kFields || out == f) counts[f][snapshot.setups()[i].codes[f]] += rows[i];
    }
  }
  return counts;
}

}  // namespace

Json FacetsJson(const Selection& selection, const Snapshot& snapshot,
                const catalog::Catalog& catalog) {
  FacetCounts counts = CountFacets(selection, snapshot);
  // What nobody asked for must not hide what could be chosen instead: a default, and those that
  // were made to fit it, do not count among its own field's values.
  Selection relaxed = selection;
  for (std::size_t i = selection.defaulted.size(); i-- > 0;) {
    for (std::size_t f = 0; f < kFields; ++f) {
      if (Name(static_cast<Field>(f)) != selection.defaulted[i]) continue;
      relaxed.fields[f].clear();
      counts[f] = CountFacets(relaxed, snapshot)[f];
    }
  }
  Json facets = Json::object();
  for (std::size_t f = 0; f < kFields; ++f) {
    const auto field = static_cast<Field>(f);
    const std::vector<std::string>& values = snapshot.Values(field);
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (counts[f][i] > 0) order.push_back(i);
    }
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return std::pair(-counts[f][a], values[a]) < std::pair(-counts[f][b], values[b]);
    });
    Json options = Json::array();
    for (const std::size_t i : order) {
      const Wanted& wanted = selection.fields[f];
      options.push_back(
          {{"value", values[i].empty() ? std::string(kNotTold) : values[i]},
           {"label", LabelOf(field, catalog, values[i])},
           {"count", counts[f][i]},
           {"selected", std::find(wanted.begin(), wanted.end(), values[i]) != wanted.end()}});
    }
    facets[std::string(Name(field))] = std::move(options);
  }
  return facets;
}

Json SelectionJson(const Selection& selection) {
  Json json = Json::object();
  for (std::size_t f = 0; f < kFields; ++f) {
    Json values = Json::array();
    for (const std::string& value : selection.fields[f]) {
      values.push_back(value.empty() ? std::string(kNotTold) : value);
    }
    json[std::string(Name(static_cast<Field>(f)))] = std::move(values);
  }
  json["since"] = DayJson(selection.since);
  json["until"] = DayJson(selection.until);
  json["as_of"] = DayJson(selection.as_of);
  json["latest"] = selection.latest;
  json["all"] = selection.all;
  json["defaulted"] = selection.defaulted;
  return json;
}

}  // namespace roofscape::api
