#include "results/report/definitions.h"

#include <array>

namespace roofscape::report {
namespace {

constexpr std::array kDefinitions = {
    Definition{"TTFT",
               "Time to first token: from the moment the request was due to be sent to its "
               "first generated token, visible or reasoning."},
    Definition{"TPOT",
               "Time per output token of one request: first token to last token, divided "
               "by the tokens after the first token event."},
    Definition{"ITL",
               "Inter-token latency: the gap before each token event divided by the tokens "
               "in it, pooled over all tokens."},
    Definition{"E2E", "From the moment the request was due to be sent to its last token."},
    Definition{"Interactivity",
               "1 / TPOT, in tokens/s/user. p99 follows the slow tail: 99 % of "
               "requests were at least this fast."},
    Definition{"Throughput",
               "Output tokens counted at the moment they arrived, input tokens at "
               "the first token of their answer, divided by the length of the "
               "window. Total is input plus output."},
    Definition{"Per chip",
               "Rate of the deployment divided by all its accelerators. Where their "
               "number is not known, rates are those of the deployment."},
    Definition{"Concurrency",
               "Closed loop: so many simulated users, each sending its next request "
               "as soon as its last answer has ended."},
    Definition{"Steady window",
               "From the moment when every user has sent, and token rate, requests in flight and "
               "the time a token takes have settled, to the last send (open loop: the last "
               "arrival). Latencies are of all requests due inside it."},
    Definition{"Whole window",
               "From first send to last end, start-up and drain included, as most "
               "tools report."},
    Definition{"p50, p99",
               "Percentiles over requests that succeeded (ITL: over tokens), linearly "
               "interpolated between ranks."},
    Definition{"\u00b1",
               "95 % interval within the run by batch means: 20 batches of the window, rates by "
               "equal time, latencies by order of arrival. Whether two settings differ, only the "
               "intervals between repeats can say (--repeat)."},
    Definition{"Failures as \u221e",
               "Percentiles over all attempted requests by the nearest rank, a failure standing "
               "as one that never came (inf)."},
    Definition{"Frontier",
               "The measured points that no other point of their series beats on both "
               "axes. Read as a step: the best point that meets a target. Nothing is "
               "interpolated."},
    Definition{"Send delay",
               "From the moment a request was due to the moment it was handed to the "
               "operating system: the part of a latency that is the client's."},
    Definition{"Little's law",
               "Mean requests in flight must equal arrival rate times mean E2E. "
               "The two are computed apart; a gap would mean a hole in the "
               "record."},
    Definition{"Verdict",
               "Was the load generator fit? VALID: its send delay is within 1 % of TTFT p50, it "
               "was at most 80 % busy, and it knows when first tokens came to within 1 ms or 1 % "
               "of TTFT p50. INVALID: ten times a delay, or over 95 % busy. DEGRADED: between the "
               "two, or stamps too coarse for ITL percentiles."},
};

}  // namespace

std::span<const Definition> Definitions() { return kDefinitions; }

}  // namespace roofscape::report
