#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "service/api/axes.h"
#include "service/api/selection.h"
#include "service/api/series_view.h"
#include "service/api/views.h"

namespace roofscape::api {
namespace {

/// More are no picture, and a phone has to load them.
constexpr std::size_t kMaxPoints = 5000;

struct Ask {
  Selection selection;
  analysis::Pricing pricing;
  analysis::RowAxis x, y;
  std::optional<double> at;
  bool curve = false;
  bool overlay = false;
  std::vector<std::string> notes;
};

bool AnyHas(const Snapshot& snapshot, std::span<const std::size_t> places,
            std::string_view metric) {
  const auto place = spec::MetricPlace(metric);
  return std::any_of(places.begin(), places.end(), [&](std::size_t row) {
    return snapshot.rows()[row].values.Get(*place).has_value();
  });
}

/// Throughput of the whole deployment where nobody told the number of chips.
std::string DefaultY(const Snapshot& snapshot, std::span<const std::size_t> places, Ask& ask) {
  if (places.empty() || AnyHas(snapshot, places, "total_tps_per_chip")) return "total_tps_per_chip";
  ask.notes.emplace_back(
      "These points do not say how many chips served them: throughput is of the whole deployment. "
      "Measure with --chip NAME --chips N for figures a chip.");
  return "total_tps";
}

Result<analysis::RowAxis> ReadAxis(const Params& params, std::string_view name,
                                   const std::string& otherwise, const analysis::Pricing& pricing) {
  const std::string_view asked = params.One(name);
  auto axis = analysis::AxisNamed(asked.empty() ? otherwise : asked, pricing);
  if (!axis) return ParamError(name, axis.error().message);
  return axis;
}

/// A series with its frontier, and which of its points the answer holds.
struct Drawn {
  analysis::RowFrontier frontier;
  std::vector<std::size_t> shown;  // Places in frontier.points.
  std::size_t left_out = 0;
};

bool CanBeDrawn(const analysis::RowPoint& point) { return point.x && point.y; }

/// All points of the frontiers, and of the others as many as there is room for, evenly.
void Thin(std::vector<Drawn>& all) {
  std::size_t fronts = 0;
  std::size_t others = 0;
  for (const Drawn& one : all) {
    for (const analysis::RowPoint& point : one.frontier.points) {
      if (CanBeDrawn(point)) ++(point.on_front ? fronts : others);
    }
  }
  const std::size_t room = kMaxPoints > fronts ? kMaxPoints - fronts : 0;
  const std::size_t step =
      room == 0 ? others + 1 : std::max<std::size_t>(1, (others + room - 1) / room);
  std::size_t seen = 0;
  for (Drawn& one : all) {
    for (std::size_t i = 0; i < one.frontier.points.size(); ++i) {
      const analysis::RowPoint& point = one.frontier.points[i];
      if (!CanBeDrawn(point)) continue;
      if (point.on_front || seen++ % step == 0) {
        one.shown.push_back(i);
      } else {
        ++one.left_out;
      }
    }
  }
}

Json IntervalEnd(const RowOrigin& origin, const std::string& axis, bool high) {
  const auto found = origin.intervals.find(axis);
  if (found == origin.intervals.end()) return nullptr;
  return NumberJson(high ? found->second.high : found->second.low);
}

/// Numbers layouts of an answer in order of appearance.
class Layouts {
 public:
  explicit Layouts(const Snapshot& snapshot) : snapshot_(snapshot) {}

  std::size_t PlaceOf(std::size_t row) {
    const auto [at, is_new] = places_.emplace(snapshot_.LayoutOf(row), names_.size());
    if (is_new) names_.push_back(snapshot_.layouts()[snapshot_.LayoutOf(row)]);
    return at->second;
  }
  const std::vector<std::string>& names() const { return names_; }

 private:
  const Snapshot& snapshot_;
  std::map<std::uint32_t, std::size_t> places_;
  std::vector<std::string> names_;
};

/// Calls `add` for each shown point and gathers what it returns.
template <class Add>
Json Column(const Drawn& drawn, Add add) {
  Json column = Json::array();
  auto& values = column.get_ref<Json::array_t&>();
  values.reserve(drawn.shown.size());
  for (const std::size_t i : drawn.shown) values.push_back(add(drawn.frontier.points[i]));
  return column;
}

Json PointColumns(const Snapshot& snapshot, const Drawn& drawn, const Ask& ask, Layouts& layouts) {
  using Point = analysis::RowPoint;
  const auto row = [&](const Point& p) -> const spec::Row& { return snapshot.rows()[p.row]; };
  const auto end = [&](const std::string& axis, bool high) {
    return Column(drawn,
                  [&](const Point& p) { return IntervalEnd(snapshot.origin(p.row), axis, high); });
  };
  Json columns = Json::object();
  columns["id"] = Column(drawn, [&](const Point& p) { return Json(snapshot.origin(p.row).id); });
  columns["x"] = Column(drawn, [](const Point& p) { return NumberJson(p.x); });
  columns["y"] = Column(drawn, [](const Point& p) { return NumberJson(p.y); });
  columns["x_low"] = end(ask.x.name, false);
  columns["x_high"] = end(ask.x.name, true);
  columns["y_low"] = end(ask.y.name, false);
  columns["y_high"] = end(ask.y.name, true);
  columns["concurrency"] = Column(drawn, [&](const Point& p) { return ConcurrencyJson(row(p)); });
  columns["rate_rps"] = Column(drawn, [&](const Point& p) { return NumberJson(row(p).rate_rps); });
  columns["chips"] = Column(drawn, [&](const Point& p) {
    const auto chips = spec::ChipCount(row(p).deployment);
    return chips ? Json(*chips) : Json(nullptr);
  });
  columns["layout"] = Column(drawn, [&](const Point& p) { return Json(layouts.PlaceOf(p.row)); });
  columns["measured"] = Column(drawn, [&](const Point& p) { return DayJson(row(p)); });
  columns["verdict"] = Column(
      drawn, [&](const Point& p) { return Json(VerdictName(row(p), snapshot.origin(p.row))); });
  columns["excluded"] = Column(drawn, [](const Point& p) { return Json(p.excluded); });
  columns["on_front"] = Column(drawn, [](const Point& p) { return Json(p.on_front); });
  return columns;
}

bool IsBetter(double a, double b, const analysis::RowAxis& axis) {
  return axis.direction == spec::Direction::kHigherIsBetter ? a > b : a < b;
}

Json ReadingJson(const Snapshot& snapshot, const Drawn& drawn, const Ask& ask,
                 const std::optional<Between>& between) {
  if (!ask.at) return nullptr;
  Json reading = {{"at", *ask.at}, {"step", nullptr}, {"between", nullptr}};
  if (const auto best = analysis::StepAt(drawn.frontier, ask.x, ask.y, *ask.at)) {
    const analysis::RowPoint& point = drawn.frontier.points[*best];
    const auto shown = std::find(drawn.shown.begin(), drawn.shown.end(), *best);
    reading["step"] = {{"x", *point.x},
                       {"y", *point.y},
                       {"point", shown - drawn.shown.begin()},
                       {"id", snapshot.origin(point.row).id}};
  }
  // A point that was measured and is as good says more.
  const bool better = between && (reading["step"].is_null() ||
                                  IsBetter(between->y, reading["step"]["y"].get<double>(), ask.y));
  if (better) {
    reading["between"] = {{"y", between->y},
                          {"low", NumberJson(between->low)},
                          {"high", NumberJson(between->high)},
                          {"left", snapshot.origin(between->left).id},
                          {"right", snapshot.origin(between->right).id}};
  }
  return reading;
}

Json FrontJson(const Drawn& drawn) {
  Json front = Json::array();
  for (const std::size_t place : drawn.frontier.front) {
    const auto shown = std::lower_bound(drawn.shown.begin(), drawn.shown.end(), place);
    front.push_back(shown - drawn.shown.begin());
  }
  return front;
}

/// The performance model's curve on the layout of most frontier points.
Json OverlayJson(const ViewInput& input, const Drawn& drawn, const Ask& ask) {
  if (!ask.overlay || drawn.frontier.front.empty()) return nullptr;
  const Snapshot& snapshot = *input.snapshot;
  std::map<std::uint32_t, std::vector<std::size_t>> by_layout;
  for (const std::size_t place : drawn.frontier.front) {
    const std::size_t row = drawn.frontier.points[place].row;
    by_layout[snapshot.LayoutOf(row)].push_back(row);
  }
  const auto most = std::max_element(
      by_layout.begin(), by_layout.end(),
      [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
  std::vector<double> loads;
  for (const analysis::RowPoint& point : drawn.frontier.points) {
    const spec::Row& row = snapshot.rows()[point.row];
    if (snapshot.LayoutOf(point.row) != most->first || row.concurrency <= 0) continue;
    loads.push_back(static_cast<double>(row.concurrency));
  }
  std::sort(loads.begin(), loads.end());
  loads.erase(std::unique(loads.begin(), loads.end()), loads.end());
  return input.facts->predictor->OverlayJson(snapshot.rows()[most->second.front()], loads,
                                             ask.x.name, ask.y.name, ask.pricing);
}

Json ExcludedJson(const std::vector<Drawn>& all) {
  std::map<std::string, std::int64_t> counts;
  for (const Drawn& one : all) {
    for (const analysis::RowPoint& point : one.frontier.points) {
      if (!point.excluded.empty()) ++counts[point.excluded];
    }
  }
  Json json = Json::array();
  for (const auto& [reason, count] : counts) {
    json.push_back({{"reason", reason}, {"count", count}});
  }
  return json;
}

Result<Ask> ReadAsk(const ViewInput& input, const Params& params,
                    std::vector<std::size_t>& places) {
  Ask ask;
  RS_ASSIGN_OR_RETURN(ask.selection, ReadSelection(params, input.catalog()));
  RS_ASSIGN_OR_RETURN(ask.pricing, ReadPricing(params, input));
  RS_ASSIGN_OR_RETURN(ask.at, params.Number("at", 0, 1e12));
  RS_ASSIGN_OR_RETURN(ask.curve, params.Flag("curve"));
  const std::string_view overlay = params.One("overlay");
  ask.overlay = overlay == "predicted";
  if (!overlay.empty() && overlay != "none" && !ask.overlay) {
    return ParamError("overlay", "must be 'predicted' or 'none'");
  }
  constexpr std::array kDefaults = {Field::kModel, Field::kShape, Field::kProtocol};
  FillIn(ask.selection, *input.snapshot, kDefaults);
  places = Select(ask.selection, *input.snapshot);
  RS_ASSIGN_OR_RETURN(ask.x, ReadAxis(params, "x", "interactivity_p50_tps", ask.pricing));
  RS_ASSIGN_OR_RETURN(ask.y,
                      ReadAxis(params, "y", DefaultY(*input.snapshot, places, ask), ask.pricing));
  return ask;
}

void AddNotes(const ViewInput& input, std::span<const std::size_t> places, Ask& ask) {
  if (input.snapshot->rows().empty()) {
    ask.notes.emplace_back(
        "The store is empty. Measure something: roofscape bench http://HOST:PORT, or bring in "
        "published rows: roofscape import FORMAT FILE.");
  } else if (places.empty()) {
    ask.notes.emplace_back("No point fits these filters: take one away.");
  }
}

}  // namespace

Result<Json> FrontierView(const ViewInput& input, const Params& params) {
  const Snapshot& snapshot = *input.snapshot;
  std::vector<std::size_t> places;
  RS_ASSIGN_OR_RETURN(Ask ask, ReadAsk(input, params, places));
  AddNotes(input, places, ask);
  const std::vector<ViewSeries> series = SeriesOf(snapshot, places);
  std::vector<Drawn> drawn;
  for (const ViewSeries& one : series) {
    drawn.push_back(
        {analysis::FrontierOf(snapshot.rows(), one.places, ask.x, ask.y, ask.selection.all),
         {},
         0});
  }
  Thin(drawn);
  std::vector<std::optional<Between>> between(series.size());
  if (ask.curve && ask.at) {
    RS_ASSIGN_OR_RETURN(between, ReadBetween(snapshot, series, ask.x, ask.y.name, ask.pricing,
                                             *ask.at, ask.selection.all));
  }
  Layouts layouts(snapshot);
  std::size_t shown = 0;
  Json all = Json::array();
  for (std::size_t i = 0; i < series.size(); ++i) {
    shown += drawn[i].shown.size();
    all.push_back({{"key", KeyJson(snapshot.series()[series[i].code])},
                   {"label", series[i].label},
                   {"count", series[i].places.size()},
                   {"left_out", drawn[i].left_out},
                   {"points", PointColumns(snapshot, drawn[i], ask, layouts)},
                   {"front", FrontJson(drawn[i])},
                   {"reading", ReadingJson(snapshot, drawn[i], ask, between[i])},
                   {"predicted", OverlayJson(input, drawn[i], ask)}});
  }
  const Json axes = AxesOf(snapshot, places, ask.pricing);
  return Json{{"generation", snapshot.generation()},
              {"query", SelectionJson(ask.selection)},
              {"pricing", PricingJson(ask.pricing)},
              {"x", AxisJson(ask.x)},
              {"y", AxisJson(ask.y)},
              {"at", NumberJson(ask.at)},
              {"options", FacetsJson(ask.selection, snapshot, input.catalog())},
              {"axes", {{"x", axes}, {"y", axes}}},
              {"layouts", layouts.names()},
              {"series", std::move(all)},
              {"counts",
               {{"rows", snapshot.rows().size()},
                {"matched", places.size()},
                {"shown", shown},
                {"excluded", ExcludedJson(drawn)}}},
              {"notes", ask.notes}};
}

}  // namespace roofscape::api
