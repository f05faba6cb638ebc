#include "cli/flags.h"

#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

namespace roofscape::cli {
namespace {

ValueCheck Made(CLI::Validator check) {
  return ValueCheck(std::make_shared<const CLI::Validator>(std::move(check)));
}

}  // namespace

ValueCheck InRange(double low, double high) { return Made(CLI::Range(low, high)); }
ValueCheck InRange(int low, int high) { return Made(CLI::Range(low, high)); }
ValueCheck InRange(std::int64_t low, std::int64_t high) { return Made(CLI::Range(low, high)); }

ValueCheck OneOf(std::initializer_list<const char*> values) {
  return Made(CLI::IsMember(std::vector<std::string>(values.begin(), values.end())));
}

ValueCheck Positive() { return Made(CLI::PositiveNumber); }
ValueCheck NotNegative() { return Made(CLI::NonNegativeNumber); }

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
  return &owned_->commands.emplace_back(*app_.add_subcommand(name, text));
}

void Command::RequireSubcommand() { app_.require_subcommand(1); }
void Command::Footer(const std::string& text) { app_.footer(text); }
void Command::LastValueCounts() { app_.option_defaults()->take_last(); }
void Command::OnChosen(std::function<void()> run) { app_.callback(std::move(run)); }

}  // namespace roofscape::cli
