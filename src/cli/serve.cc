// roofscape serve: the dashboard and its API.

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/stat.h>

#include <fmt/format.h>

#include "base/core/text.h"
#include "cli/catalog_source.h"
#include "cli/command.h"
#include "cli/embedded_web.h"
#include "cli/end_signals.h"
#include "cli/model_source.h"
#include "cli/study_source.h"
#include "cli/version.h"
#include "cli/write_file.h"
#include "measure/host/host_facts.h"
#include "results/store/pg_url.h"
#include "service/api/bench_desk.h"
#include "service/api/run_api.h"
#include "service/api/study_desk.h"
#include "service/fleet/process.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription =
    "Serve the dashboard and its API: look at what was measured, in a browser.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape serve\n"
    "  roofscape serve --host 0.0.0.0 --token-file ~/.config/roofscape/tokens\n\n"
    "Read-only, unless --allow-runs lets those who have the token start runs against servers of\n"
    "this machine. On loopback everyone on this machine may look; over another address a token is\n"
    "needed, which is made and shown once. TLS is a proxy's affair. Ctrl-C ends it. The API:\n"
    "docs/reference/api.md.";

struct Options {
  std::string db;
  std::string catalog;
  std::string params;
  std::string studies;
  std::string host = "127.0.0.1";
  std::uint16_t port = 8321;
  std::int64_t threads = 2;
  std::string token_file;
  std::vector<std::string> hosts;
  double rate = 500;
  bool allow_runs = false;
};

struct Admission {
  api::Tokens readers;  // Empty: everyone who reaches the server.
  api::Tokens runners;  // Who may start runs; empty: nobody.
};

bool IsLoopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host == "[::1]" || host.starts_with("127.");
}

/// Makes a token, shows it once and keeps its hash, in the file where one is named.
Result<api::Tokens> NewToken(const std::string& file, std::string_view what) {
  RS_ASSIGN_OR_RETURN(const std::string token, api::MakeToken());
  if (!file.empty()) {
    const mode_t before = umask(077);
    const Result<> written = WriteWholeFile(file, api::TokenLine(token) + "\n");
    umask(before);
    RS_RETURN_IF_ERROR(written);
  }
  fmt::print(stderr, "{}, shown only now: {}\n", what, token);
  return api::Tokens::Of(token);
}

/// Who may ask: everyone on loopback unless a token file is named.
Result<Admission> AdmissionOf(const Options& options) {
  if (options.token_file.empty() && IsLoopback(options.host)) {
    Admission admission;
    if (options.allow_runs) {
      RS_ASSIGN_OR_RETURN(admission.runners, NewToken("", "token to start runs with"));
    }
    return admission;
  }
  const auto both = [&](api::Tokens tokens) {
    return Admission{tokens, options.allow_runs ? tokens : api::Tokens()};
  };
  std::error_code error;
  if (options.token_file.empty() || !std::filesystem::exists(options.token_file, error)) {
    RS_ASSIGN_OR_RETURN(api::Tokens made, NewToken(options.token_file, "token"));
    return both(std::move(made));
  }
  RS_ASSIGN_OR_RETURN(const std::string text, ReadFlagFile("--token-file", options.token_file));
  RS_ASSIGN_OR_RETURN(api::Tokens known, api::Tokens::Parse(text, options.token_file));
  return both(std::move(known));
}

void TellAddress(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos && host.front() != '[';
  fmt::print(stderr, "dashboard on http://{}{}{}:{}/\n", v6 ? "[" : "", host, v6 ? "]" : "", port);
  std::fflush(stderr);
}

int Serve(const Options& options, const Clock& clock) {
  const auto catalog = LoadCatalog(options.catalog);
  if (!catalog) return Report(catalog.error());
  const auto model = LoadModel(options.params);
  if (!model) return Report(model.error());
  const auto kernels = LoadKernels();
  if (!kernels) return Report(kernels.error());
  const api::Predictor predictor(*catalog, *model, (*kernels)->book);
  const std::string path =
      options.allow_runs ? StorePathToWrite(options.db) : StorePath(options.db);
  api::StoreAccess store(path, *catalog);
  if (const Result<> readable = store.Check(); !readable) return Report(readable.error());
  auto studies = LoadStudies(options.studies);
  if (!studies) return Report(studies.error());
  api::StudyDesk desk(*catalog, *model, *std::move(studies), clock);
  std::optional<api::BenchDesk> benches;
  if (options.allow_runs) benches.emplace(api::BenchDeskOptions{fleet::OwnProgram(), path}, clock);
  const api::Facts facts{&*catalog, &predictor,
                         kVersion,  store::NameOfDatabase(path),
                         &desk,     benches ? &*benches : nullptr};
  api::RunOptions run_options;
  run_options.threads = options.threads;
  run_options.server.host = options.host;
  run_options.server.port = options.port;
  run_options.server.hosts = options.hosts;
  run_options.server.hosts.push_back(options.host);
  run_options.server.files = EmbeddedWeb();
  run_options.server.rate.per_second = options.rate;
  run_options.server.rate.burst = 2 * options.rate;
  run_options.on_trouble = [](const std::string& message) {
    fmt::print(stderr, "roofscape: {}\n", message);
  };
  const auto admission = AdmissionOf(options);
  if (!admission) return Report(admission.error());
  run_options.server.tokens = admission->readers;
  run_options.server.run_tokens = admission->runners;
  if (const auto room = host::EnsureDescriptors(64); !room) return Report(room.error());
  run_options.on_listening = [&](std::uint16_t port) { TellAddress(options.host, port); };
  const sigset_t ends = BlockEndSignals();
  const auto run = api::ApiRun::Start(facts, store, run_options, clock);
  if (!run) return Report(run.error());
  AwaitEnd(ends);
  (*run)->Stop();
  return kDone;
}

}  // namespace

void AddServeCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("serve", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<Options>();
  AddDbOption(*command, options->db);
  command->AddOption("--host", options->host, "Address to listen on")->ShowDefault();
  command->AddOption("--port", options->port, "0: any free one, named on stderr")->ShowDefault();
  command->AddOption("--threads", options->threads, "Event loops")
      ->Check(InRange(std::int64_t{1}, std::int64_t{256}))
      ->ShowDefault();
  command
      ->AddOption("--token-file", options->token_file,
                  "Hashes of the tokens that are let in; made, with a token, where it is not "
                  "there. Also asks for a token on loopback")
      ->TypeName("FILE");
  command
      ->AddOption("--allow-host", options->hosts,
                  "Further names under which this server is reached, e.g. behind a proxy")
      ->TypeName("NAME")
      ->Delimiter(',');
  command
      ->AddOption("--rate-limit", options->rate,
                  "Requests a second that one address may ask of each loop; 0: no limit")
      ->Check(NotNegative())
      ->ShowDefault();
  command->AddFlag("--allow-runs", options->allow_runs,
                   "Let the dashboard start runs against servers of this machine, one at a time; "
                   "takes a token on loopback too");
  command->AddOption("--params", options->params,
                     "Model file of calibrate for predictions; without: the one of this program");
  AddStudiesOption(*command, options->studies);
  AddCatalogOption(*command, options->catalog);
  command->OnChosen([options, &invocation] {
    invocation.run = [options, clock = invocation.clock] { return Serve(*options, *clock); };
  });
}

}  // namespace roofscape::cli
