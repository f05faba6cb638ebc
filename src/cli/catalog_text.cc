#include "cli/catalog_text.h"

#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/core/json.h"
#include "base/core/text.h"

namespace roofscape::cli {
namespace {

using catalog::Catalog;

std::string Count(const std::optional<std::int64_t>& value) {
  return value ? fmt::format("{}", *value) : "-";
}

std::string OrDash(const std::string& text) { return text.empty() ? "-" : text; }

std::string Billions(const std::optional<double>& value) {
  return value ? fmt::format("{:.4g}", *value) : "-";
}

Table Chips(const Catalog& catalog) {
  Table table({{"chip", Align::kLeft, false},
               {"memory\nGB"},
               {"\nTB/s"},
               {"bf16\nTFLOPS"},
               {"fp8"},
               {"fp4"},
               {"scale-up", Align::kLeft},
               {"TDP\nW"}});
  for (const catalog::Chip& chip : catalog.chips) {
    const auto& memory = chip.memory;
    table.AddRow({chip.entry.id,
                  FormatNumber(memory.usable_gb ? memory.usable_gb : memory.physical_gb),
                  FormatNumber(memory.bandwidth_tb_s), FormatNumber(chip.dense.bf16_tflops),
                  FormatNumber(chip.dense.fp8_tflops), FormatNumber(chip.dense.fp4_tflops),
                  OrDash(chip.links.scale_up), FormatNumber(chip.tdp_w)});
  }
  return table;
}

Table Fabrics(const Catalog& catalog) {
  Table table({{"fabric", Align::kLeft, false},
               {"reach", Align::kLeft},
               {"topology", Align::kLeft},
               {"chips"},
               {"GB/s a chip\none way"}});
  for (const catalog::Fabric& fabric : catalog.fabrics) {
    table.AddRow({fabric.entry.id, fabric.reach, std::string(catalog::Name(fabric.topology)),
                  Count(fabric.chips), FormatNumber(fabric.chip_gb_s)});
  }
  return table;
}

std::string MixersOf(const catalog::Model& model) {
  std::vector<std::string> parts;
  for (const catalog::MixerLayers& m : model.mixers) {
    std::string part = fmt::format("{} {}", m.layers, catalog::Name(m.mixer));
    if (m.window) part += fmt::format(" window {}", *m.window);
    if (m.chunk) part += fmt::format(" chunk {}", *m.chunk);
    if (m.compress) part += fmt::format(" 1:{}", *m.compress);
    if (m.indexer) part += " sparse";
    parts.push_back(std::move(part));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

Table Models(const Catalog& catalog) {
  Table table({{"model", Align::kLeft, false},
               {"total\n10^9"},
               {"active\n10^9"},
               {"layers"},
               {"context\ntokens"},
               {"cache values\na token"},
               {"attention", Align::kLeft}});
  for (const catalog::Model& model : catalog.models) {
    table.AddRow({model.entry.id, Billions(model.total_b), Billions(model.active_b),
                  fmt::format("{}", model.layers), fmt::format("{}", model.context_tokens),
                  FormatNumber(catalog::CacheValuesPerToken(model)), MixersOf(model)});
  }
  return table;
}

Table Engines(const Catalog& catalog) {
  Table table({{"engine", Align::kLeft, false},
               {"name", Align::kLeft},
               {"kind", Align::kLeft},
               {"in other data", Align::kLeft}});
  for (const catalog::Engine& engine : catalog.engines) {
    std::vector<std::string> names = engine.entry.aliases;
    for (const catalog::EngineVariant& variant : engine.variants) names.push_back(variant.name);
    table.AddRow({engine.entry.id, engine.entry.name, engine.kind,
                  OrDash(fmt::format("{}", fmt::join(names, ", ")))});
  }
  return table;
}

Table Prices(const Catalog& catalog) {
  Table table({{"from", Align::kLeft, false},
               {"chip", Align::kLeft, false},
               {"owned\nhypersc."},
               {"owned\nneocloud"},
               {"rented\n3 years"},
               {"on\ndemand"},
               {"all-in\nkW"},
               {"book", Align::kLeft}});
  std::vector<const catalog::PriceBook*> books;
  for (const catalog::PriceBook& book : catalog.prices) books.push_back(&book);
  std::stable_sort(books.begin(), books.end(),
                   [](const auto* a, const auto* b) { return a->date < b->date; });
  for (const catalog::PriceBook* book : books) {
    for (const catalog::Price& price : book->prices) {
      table.AddRow({book->date ? book->date->ToIso() : "-",
                    price.placeholder ? price.chip + " *" : price.chip,
                    FormatNumber(price.usd_hr[0]), FormatNumber(price.usd_hr[1]),
                    FormatNumber(price.usd_hr[2]), FormatNumber(price.usd_hr[3]),
                    FormatNumber(price.all_in_kw), book->entry.id});
    }
  }
  return table;
}

Table Scores(const Catalog& catalog) {
  Table table({{"eval", Align::kLeft, false},
               {"scores"},
               {"best"},
               {"saturated", Align::kLeft, false},
               {"harness", Align::kLeft}});
  for (const catalog::Eval& eval : catalog.evals) {
    std::optional<double> best;
    for (const catalog::Score& score : eval.scores) {
      best = std::max(best.value_or(0), score.score);
    }
    table.AddRow({eval.entry.id, fmt::format("{}", eval.scores.size()), FormatNumber(best),
                  eval.saturated ? eval.saturated->ToIso() : "-",
                  eval.comparable ? eval.harness : "several: do not compare"});
  }
  return table;
}

/// What the stars of a table of prices mean, if it has any.
std::string Footnote(const Catalog& catalog) {
  for (const catalog::PriceBook& book : catalog.prices) {
    for (const catalog::Price& price : book.prices) {
      if (price.placeholder) return "* a placeholder: computed from another chip\n";
    }
  }
  return "";
}

/// A JSON literal for people: strings without quotes.
std::string Plain(const std::string& literal) {
  const Json value = Json::parse(literal, nullptr, false);
  return value.is_string() ? value.get<std::string>() : literal;
}

std::string PriceHistory(const Catalog& catalog, const std::string& chip, const Style& style) {
  Catalog only;
  for (catalog::PriceBook book : catalog.prices) {
    std::erase_if(book.prices, [&](const catalog::Price& price) { return price.chip != chip; });
    only.prices.push_back(std::move(book));
  }
  const Table table = Prices(only);
  if (table.row_count() == 0) return "";
  return fmt::format("\n{}\n{}{}", Bold("Prices, USD an hour", style), table.ToText(style),
                     Footnote(only));
}

std::string ShapeText(const catalog::Model& model, const Style& style) {
  const catalog::ParameterCount count = catalog::CountParameters(model);
  return fmt::format(
      "\n{}\n"
      "  parameters            {:.4g} billion, {:.4g} of them active\n"
      "  cache                 {} values a token of a long context\n"
      "  state                 {} values a sequence\n",
      Bold("From the shape", style), count.total / 1e9, count.active / 1e9,
      FormatNumber(catalog::CacheValuesPerToken(model)),
      FormatNumber(catalog::StateValuesPerSequence(model)));
}

std::string ScoreTable(const catalog::Eval& eval, const Style& style) {
  Table table({{"weights", Align::kLeft},
               {"score"},
               {"s.e."},
               {"tokens a\nquestion"},
               {"mode", Align::kLeft},
               {"source", Align::kLeft, false}});
  std::vector<const catalog::Score*> rows;
  for (const catalog::Score& score : eval.scores) rows.push_back(&score);
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto* a, const auto* b) { return a->score > b->score; });
  for (const catalog::Score* row : rows) {
    const std::string score = fmt::format("{:.3f}{}", row->score, row->estimated ? " (est.)" : "");
    table.AddRow({row->weights, score, row->error ? fmt::format("{:.3f}", *row->error) : "-",
                  FormatNumber(row->question_tokens), row->mode,
                  row->source.empty() ? "*" : row->source});
  }
  return table.ToText(style);
}

std::string FactTable(const catalog::Entry& entry, const Style& style) {
  Table table({{"field", Align::kLeft, false}, {"value", Align::kLeft}, {"source", Align::kLeft}});
  for (const catalog::Fact& fact : entry.facts) {
    if (fact.field.starts_with("scores[")) continue;
    table.AddRow({fact.field, Plain(fact.value), fact.number ? OrDash(fact.source) : ""});
  }
  return table.row_count() == 0 ? "" : table.ToText(style);
}

std::string SourcesText(const catalog::Entry& entry, const Style& style) {
  if (entry.sources.empty()) return "";
  std::string text = fmt::format("\n{}\n", Bold("Sources", style));
  for (const catalog::Source& source : entry.sources) {
    const std::string line = fmt::format(
        "  {} ({}, {}): {}", source.id, source.date ? source.date->ToIso() : "no date",
        source.confidence ? catalog::Name(*source.confidence) : "no confidence", source.text);
    text += Wrap(line, style.width, 4) + "\n";
  }
  return text;
}

}  // namespace

std::string CatalogTable(const Catalog& catalog, std::string_view kind, const Style& style) {
  if (kind == "chips") return Chips(catalog).ToText(style);
  if (kind == "fabrics") return Fabrics(catalog).ToText(style);
  if (kind == "models") return Models(catalog).ToText(style);
  if (kind == "engines") return Engines(catalog).ToText(style);
  if (kind == "prices") return Prices(catalog).ToText(style) + Footnote(catalog);
  return Scores(catalog).ToText(style);
}

std::string CatalogSummary(const Catalog& catalog, const Style& style) {
  Table table({{"kind", Align::kLeft, false}, {"files"}, {"rows"}});
  const auto add = [&table](std::string_view kind, std::size_t files, std::size_t rows) {
    table.AddRow({std::string(kind), fmt::format("{}", files),
                  rows > 0 ? WithCommas(static_cast<std::int64_t>(rows)) : "-"});
  };
  std::size_t prices = 0;
  std::size_t scores = 0;
  for (const catalog::PriceBook& book : catalog.prices) prices += book.prices.size();
  for (const catalog::Eval& eval : catalog.evals) scores += eval.scores.size();
  add("chips", catalog.chips.size(), 0);
  add("fabrics", catalog.fabrics.size(), 0);
  add("models", catalog.models.size(), 0);
  add("engines", catalog.engines.size(), 0);
  add("prices", catalog.prices.size(), prices);
  add("scores", catalog.evals.size(), scores);
  return table.ToText(style);
}

std::string EntryText(const Catalog& catalog, const catalog::Found& found, const Style& style) {
  const catalog::Entry& entry = *found.entry;
  std::string text =
      fmt::format("{}\n{} {}, {}{}\n", Bold(entry.name, style), found.kind, entry.id, entry.file,
                  entry.collected ? ", collected " + entry.collected->ToIso() : "");
  if (!entry.aliases.empty()) {
    text += Wrap(fmt::format("also {}", fmt::join(entry.aliases, ", ")), style.width, 5) + "\n";
  }
  if (!entry.note.empty()) text += Wrap(entry.note, style.width, 0) + "\n";
  if (const std::string facts = FactTable(entry, style); !facts.empty()) text += "\n" + facts;
  for (const catalog::Model& model : catalog.models) {
    if (&model.entry == &entry) text += ShapeText(model, style);
  }
  for (const catalog::Eval& eval : catalog.evals) {
    if (&eval.entry == &entry) text += "\n" + ScoreTable(eval, style);
  }
  if (found.kind == "chip") text += PriceHistory(catalog, entry.id, style);
  return text + SourcesText(entry, style);
}

}  // namespace roofscape::cli
