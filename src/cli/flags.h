// The flags of a subcommand, as far as this program uses CLI11. That library is headers alone, and
// each file that includes them compiles all of it again, for about eight seconds: here only
// flags.cc and main.cc do.
//
// Ownership: a Command owns the options and commands that it hands out; their pointers are good as
// long as it lives. Values are the caller's and must outlive parsing.
// Thread safety: one thread.

#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
class Validator;
}  // namespace CLI

namespace roofscape::cli {

/// What a value must be; it also stands in the help.
class ValueCheck {
 public:
  explicit ValueCheck(std::shared_ptr<const CLI::Validator> check) : check_(std::move(check)) {}
  const CLI::Validator& get() const { return *check_; }

 private:
  std::shared_ptr<const CLI::Validator> check_;
};

ValueCheck InRange(double low, double high);
ValueCheck InRange(int low, int high);
ValueCheck InRange(std::int64_t low, std::int64_t high);
ValueCheck OneOf(std::initializer_list<const char*> values);
ValueCheck Positive();
ValueCheck NotNegative();
/// `check` says what is wrong with a value, or nothing; `name` stands for the value in the help.
ValueCheck CheckedBy(std::function<std::string(std::string&)> check, const std::string& name);

class CommandOption {
 public:
  explicit CommandOption(CLI::Option& option) : option_(option) {}

  CommandOption* Required();
  CommandOption* Check(const ValueCheck& check);
  /// The value that it has now stands in the help.
  CommandOption* ShowDefault();
  CommandOption* TypeName(const std::string& name);
  /// A list may be written as one word.
  CommandOption* Delimiter(char between);
  /// Given again it adds to the list.
  CommandOption* TakeAll();
  CommandOption* AllowExtraArgs(bool allowed);
  /// So many values.
  CommandOption* Expected(int values);
  CommandOption* Excludes(CommandOption* other);
  CommandOption* Needs(CommandOption* other);

 private:
  CLI::Option& option_;
};

class Command {
 public:
  explicit Command(CLI::App& app);
  ~Command();
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  /// `names`: "-o,--output", or a word without dashes for what stands at its place. T: std::string,
  /// a number, an optional of those, or a vector of those; flags.cc lists them.
  template <class T>
  CommandOption* AddOption(const std::string& names, T& value, const std::string& text);
  CommandOption* AddFlag(const std::string& names, bool& value, const std::string& text);
  /// One that was added before, by a name of it.
  CommandOption* Option(const std::string& name);

  Command* AddSubcommand(const std::string& name, const std::string& text);
  void RequireSubcommand();
  void Footer(const std::string& text);
  /// An option that is added from now on and given twice has its last value.
  void LastValueCounts();
  /// Options that are added from now on stand under this title in the help.
  void Group(const std::string& title);
  /// The options that were given, in the order they were added: "--model", "URL" as "url".
  /// `group`: only those under this title. Good once all flags were read.
  std::vector<std::string> Given(const std::string& group = "") const;
  /// Called once all flags were read, when this command was chosen.
  void OnChosen(std::function<void()> run);

 private:
  struct Owned;

  CommandOption* Keep(CLI::Option& option);

  CLI::App& app_;
  std::unique_ptr<Owned> owned_;
};

}  // namespace roofscape::cli
