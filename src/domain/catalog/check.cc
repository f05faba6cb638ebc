#include "domain/catalog/check.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

namespace roofscape::catalog {
namespace {

/// Sources whose text, date or confidence is missing, or that are later than the file.
void CheckSources(const Entry& entry, std::vector<Problem>& out) {
  for (const Source& source : entry.sources) {
    const std::string field = "source." + source.id;
    if (source.text.empty()) out.push_back({entry.file, field + ".text", "is missing"});
    if (!source.confidence) {
      out.push_back({entry.file, field + ".confidence", "is missing: high, medium or low"});
    }
    if (!source.date) {
      out.push_back({entry.file, field + ".date", "is missing: when it was said, or else read"});
    } else if (entry.collected && *source.date > *entry.collected) {
      out.push_back({entry.file, field + ".date",
                     fmt::format("{} is after the day the file was collected, {}",
                                 source.date->ToIso(), entry.collected->ToIso())});
    }
  }
}

/// Names that two entries of one kind share: a lookup could not tell them apart.
void CheckNames(const std::vector<Found>& entries, std::vector<Problem>& out) {
  std::map<std::pair<std::string_view, std::string>, const Entry*> taken;
  for (const auto& [kind, entry] : entries) {
    std::set<std::string> names = {Fold(entry->id), Fold(entry->name)};
    for (const std::string& alias : entry->aliases) names.insert(Fold(alias));
    for (const std::string& name : names) {
      const auto [other, added] = taken.try_emplace({kind, name}, entry);
      if (!added) {
        out.push_back({entry->file, "aliases",
                       fmt::format("'{}' is a name of {} too: leave it to one of them", name,
                                   other->second->file)});
      }
    }
  }
}

/// Two books of one day that price the same thing: which holds?
void CheckTwoBooks(const std::vector<PriceBook>& books, std::vector<Problem>& out) {
  std::map<std::tuple<Date, std::string, std::string>, const PriceBook*> said;
  const auto say = [&](const PriceBook& book, const Price& price, std::string_view what) {
    const auto [other, added] =
        said.try_emplace({*book.date, price.chip, std::string(what)}, &book);
    if (!added) {
      out.push_back({book.entry.file, price.chip,
                     fmt::format("{} stands in {} for the same day: keep one", what,
                                 other->second->entry.file)});
    }
  };
  for (const PriceBook& book : books) {
    if (!book.date) continue;
    for (const Price& price : book.prices) {
      for (const Tier tier : kTiers) {
        if (price.usd_hr[static_cast<std::size_t>(tier)]) say(book, price, Name(tier));
      }
      if (price.all_in_kw) say(book, price, "all_in_kw");
    }
  }
}

}  // namespace

std::string Problem::ToText() const {
  return field.empty() ? fmt::format("{}: {}", file, what)
                       : fmt::format("{}: {}: {}", file, field, what);
}

void CheckEntry(const Entry& entry, std::vector<Problem>& out) {
  if (!entry.collected) {
    out.push_back({entry.file, "collected", "is missing: the day the file was put together"});
  }
  CheckSources(entry, out);
  for (const Fact& fact : entry.facts) {
    if (!fact.source.empty() && entry.FindSource(fact.source) == nullptr) {
      out.push_back(
          {entry.file, fact.field,
           fmt::format("names the source '{}', which the file does not have", fact.source)});
    } else if (fact.number && fact.source.empty()) {
      out.push_back(
          {entry.file, fact.field, "has no source: name the field under 'of' of a [source.NAME]"});
    }
  }
  for (const Source& source : entry.sources) {
    for (const std::string& of : source.of) {
      const bool known =
          of == "*" || std::any_of(entry.facts.begin(), entry.facts.end(),
                                   [&](const Fact& fact) { return fact.field.starts_with(of); });
      if (!known) {
        out.push_back({entry.file, fmt::format("source.{}.of", source.id),
                       fmt::format("names '{}', which the file does not have", of)});
      }
    }
  }
}

void CheckEngine(const Catalog& catalog, const Engine& engine, std::vector<Problem>& out) {
  for (const EngineVariant& variant : engine.variants) {
    if (!variant.orchestrator.empty() && !FindEngine(catalog, variant.orchestrator)) {
      out.push_back({engine.entry.file, "variant",
                     fmt::format("'{}' names the engine '{}', which the catalog does not have",
                                 variant.name, variant.orchestrator)});
    }
  }
  for (const MemoryShare& share : engine.memory_shares) {
    if (!(share.fraction > 0 && share.fraction <= 1)) {
      out.push_back({engine.entry.file, "memory_share",
                     fmt::format("{} must lie above 0 and at most 1", share.fraction)});
    }
  }
}

void CheckPriceBook(const Catalog& catalog, const PriceBook& book, std::vector<Problem>& out) {
  const std::string& file = book.entry.file;
  if (!book.date) out.push_back({file, "date", "is missing: from which day the prices hold"});
  if (book.date && book.entry.collected && *book.date > *book.entry.collected) {
    out.push_back({file, "date", "is after the day the file was collected"});
  }
  for (std::size_t i = 0; i < book.prices.size(); ++i) {
    const Price& price = book.prices[i];
    const std::string row = fmt::format("price[{}]", i);
    const bool known = std::any_of(catalog.chips.begin(), catalog.chips.end(),
                                   [&](const Chip& c) { return c.entry.id == price.chip; });
    if (!known) {
      const auto chip = FindChip(catalog, price.chip);
      out.push_back(
          {file, row + ".chip",
           chip ? fmt::format("write the id '{}'", (*chip)->entry.id) : chip.error().message});
    }
    bool any = price.all_in_kw.has_value();
    for (const Tier tier : kTiers) {
      const std::optional<double> usd = price.usd_hr[static_cast<std::size_t>(tier)];
      any = any || usd;
      if (usd && !(*usd > 0 && *usd < 1e6)) {
        out.push_back({file, fmt::format("{}.{}_usd_hr", row, Name(tier)),
                       "must be above 0 and below a million"});
      }
    }
    if (price.all_in_kw && !(*price.all_in_kw > 0 && *price.all_in_kw < 1000)) {
      out.push_back({file, row + ".all_in_kw", "must be above 0 and below 1000"});
    }
    if (!any) out.push_back({file, row, "says nothing: give a price or a power, or delete it"});
  }
}

void CheckEval(const Catalog& catalog, const Eval& eval, std::vector<Problem>& out) {
  const std::string& file = eval.entry.file;
  if (eval.comparable && eval.harness.empty()) {
    out.push_back({file, "harness", "is missing: scores compare only under one harness"});
  }
  if (eval.saturated && eval.saturated_because.empty()) {
    out.push_back({file, "saturated_because", "is missing: say why"});
  }
  for (std::size_t i = 0; i < eval.scores.size(); ++i) {
    const Score& score = eval.scores[i];
    const std::string row = fmt::format("scores[{}]", i);
    if (!(score.score >= 0 && score.score <= 1)) {
      out.push_back({file, row + ".score", fmt::format("{} must lie in 0..1", score.score)});
    }
    if (score.error && !(*score.error >= 0 && *score.error <= 0.5)) {
      out.push_back({file, row + ".error", "must lie in 0..0.5"});
    }
    if (score.question_tokens && !(*score.question_tokens > 0)) {
      out.push_back({file, row + ".question_tokens", "must be above 0"});
    }
    const auto model = FindModel(catalog, score.model);
    if (!score.model.empty() && (!model || (*model)->entry.id != score.model)) {
      out.push_back(
          {file, row + ".model",
           model ? fmt::format("write the id '{}'", (*model)->entry.id) : model.error().message});
    }
    const Source* source = eval.entry.FindSource(score.source);
    if (eval.comparable && source != nullptr && source->harness != eval.harness) {
      out.push_back(
          {file, row + ".source",
           fmt::format("'{}' ran '{}', the eval is of '{}': move the row to an eval of its "
                       "own",
                       source->id, source->harness, eval.harness)});
    }
  }
}

std::vector<Problem> Check(const Catalog& catalog) {
  std::vector<Problem> out;
  const std::vector<Found> entries = AllEntries(catalog);
  for (const Found& one : entries) CheckEntry(*one.entry, out);
  CheckNames(entries, out);
  for (const Chip& chip : catalog.chips) CheckChip(catalog, chip, out);
  for (const Fabric& fabric : catalog.fabrics) CheckFabric(fabric, out);
  for (const Model& model : catalog.models) CheckModel(model, out);
  for (const Engine& engine : catalog.engines) CheckEngine(catalog, engine, out);
  for (const PriceBook& book : catalog.prices) CheckPriceBook(catalog, book, out);
  CheckTwoBooks(catalog.prices, out);
  for (const Eval& eval : catalog.evals) CheckEval(catalog, eval, out);
  return out;
}

}  // namespace roofscape::catalog
