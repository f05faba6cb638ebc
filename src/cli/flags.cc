#include "cli/flags.h"

#include <cmath>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/table.h"

namespace roofscape::cli {
namespace {

constexpr std::size_t kHelpWidth = 80;

ValueCheck Made(CLI::Validator check) {
  return ValueCheck(std::make_shared<const CLI::Validator>(std::move(check)));
}

/// `fits` says whether a number does. The library's own bounds let "nan" pass, which is neither
/// below nor above them, and its text for "above 0" has 309 digits.
ValueCheck NumberThat(const std::function<bool(double)>& fits, const std::string& must,
                      const std::string& in_help) {
  const auto check = [fits, must](std::string& word) -> std::string {
    double number = 0;
    if (!CLI::detail::lexical_cast(word, number)) return "'" + word + "' is no number";
    return fits(number) ? "" : "'" + word + "' " + must;
  };
  return Made(CLI::Validator(check, in_help));
}

}  // namespace

ValueCheck InRange(double low, double high) {
  const CLI::Range bounds(low, high);
  return NumberThat([low, high](double x) { return x >= low && x <= high; },
                    fmt::format("must lie between {:g} and {:g}", low, high),
                    bounds.get_description());
}
ValueCheck InRange(int low, int high) { return Made(CLI::Range(low, high)); }
ValueCheck InRange(std::int64_t low, std::int64_t high) { return Made(CLI::Range(low, high)); }

ValueCheck OneOf(std::initializer_list<const char*> values) {
  return Made(CLI::IsMember(std::vector<std::string>(values.begin(), values.end())));
}

ValueCheck Positive() {
  return NumberThat([](double x) { return x > 0 && std::isfinite(x); }, "must be above 0",
                    "POSITIVE");
}
ValueCheck NotNegative() {
  return NumberThat([](double x) { return x >= 0 && std::isfinite(x); }, "must be 0 or more",
                    "NONNEGATIVE");
}

ValueCheck CheckedBy(std::function<std::string(std::string&)> check, const std::string& name) {
  return Made(CLI::Validator(std::move(check), name));
}

CommandOption* CommandOption::Required() {
  option_.required();
  return this;
}

CommandOption* CommandOption::Check(const ValueCheck& check) {
  option_.check(check.get());
  return this;
}

CommandOption* CommandOption::ShowDefault() {
  option_.capture_default_str();
  return this;
}

CommandOption* CommandOption::TypeName(const std::string& name) {
  option_.type_name(name);
  return this;
}

CommandOption* CommandOption::Delimiter(char between) {
  option_.delimiter(between);
  return this;
}

CommandOption* CommandOption::TakeAll() {
  option_.take_all();
  return this;
}

CommandOption* CommandOption::AllowExtraArgs(bool allowed) {
  option_.allow_extra_args(allowed);
  return this;
}

CommandOption* CommandOption::Expected(int values) {
  option_.expected(values);
  return this;
}

CommandOption* CommandOption::Excludes(CommandOption* other) {
  option_.excludes(&other->option_);
  return this;
}

CommandOption* CommandOption::Needs(CommandOption* other) {
  option_.needs(&other->option_);
  return this;
}

struct Command::Owned {
  std::deque<CommandOption> options;
  std::deque<Command> commands;
};

Command::Command(CLI::App& app) : app_(app), owned_(std::make_unique<Owned>()) {}
Command::~Command() = default;

CommandOption* Command::Keep(CLI::Option& option) { return &owned_->options.emplace_back(option); }

template <class T>
CommandOption* Command::AddOption(const std::string& names, T& value, const std::string& text) {
  return Keep(*app_.add_option(names, value, text));
}

#define OPTION_OF(...) \
  template CommandOption* Command::AddOption(const std::string&, __VA_ARGS__&, const std::string&)
OPTION_OF(std::string);
OPTION_OF(double);
OPTION_OF(int);
OPTION_OF(unsigned);
OPTION_OF(std::uint16_t);
OPTION_OF(std::int64_t);
OPTION_OF(std::uint64_t);
OPTION_OF(std::optional<std::string>);
OPTION_OF(std::optional<double>);
OPTION_OF(std::optional<int>);
OPTION_OF(std::optional<std::int64_t>);
OPTION_OF(std::optional<std::uint64_t>);
OPTION_OF(std::vector<std::string>);
OPTION_OF(std::vector<double>);
OPTION_OF(std::vector<int>);
OPTION_OF(std::vector<std::int64_t>);
#undef OPTION_OF

CommandOption* Command::AddFlag(const std::string& names, bool& value, const std::string& text) {
  return Keep(*app_.add_flag(names, value, text));
}

CommandOption* Command::Option(const std::string& name) { return Keep(*app_.get_option(name)); }

Command* Command::AddSubcommand(const std::string& name, const std::string& text) {
  return &owned_->commands.emplace_back(*app_.add_subcommand(name, Reflow(text, kHelpWidth)));
}

void Command::RequireSubcommand() { app_.require_subcommand(1); }
void Command::Footer(const std::string& text) { app_.footer(Reflow(text, kHelpWidth)); }
void Command::LastValueCounts() { app_.option_defaults()->take_last(); }
void Command::Group(const std::string& title) { app_.option_defaults()->group(title); }

std::vector<std::string> Command::Given(const std::string& group) const {
  std::vector<std::string> names;
  for (const CLI::Option* option : std::as_const(app_).get_options()) {
    const bool fits = group.empty() || option->get_group() == group;
    if (fits && option->count() > 0) names.push_back(option->get_name());
  }
  return names;
}

void Command::OnChosen(std::function<void()> run) { app_.callback(std::move(run)); }

}  // namespace roofscape::cli
