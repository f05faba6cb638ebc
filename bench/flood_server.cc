#include "flood_server.h"

#include <poll.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/core/check.h"

namespace roofscape::bench {
namespace {

std::string Chunk(const std::string& event) {
  return fmt::format("{:x}\r\n{}\r\n", event.size(), event);
}

std::string MakeAnswer(std::int64_t events) {
  std::string answer =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
  const auto event = [](std::string_view text, std::string_view reason) {
    return fmt::format(
        R"(data: {{"id":"cmpl-9f8c2b7a51d24e6f","object":"text_completion","created":1790000000,)"
        R"("model":"llama-3.1-8b","choices":[{{"index":0,"text":"{}","logprobs":null,)"
        R"("finish_reason":{}}}]}})"
        "\n\n",
        text, reason);
  };
  const std::string token = Chunk(event(" token", "null"));
  for (std::int64_t i = 0; i < events; ++i) answer += token;
  return answer + Chunk(event("", R"("length")")) + Chunk("data: [DONE]\n\n") + "0\r\n\r\n";
}

struct Client {
  net::Fd fd;
  std::size_t left = 0;  // Of the answer.
};

/// Takes a request, which is known to come in one piece, or goes on sending. False: it has gone.
bool Serve(Client& client, short ready, const std::string& answer) {
  if ((ready & (POLLIN | POLLHUP | POLLERR)) != 0) {
    char request[4096];
    if (::recv(client.fd.get(), request, sizeof request, MSG_DONTWAIT) <= 0) return false;
    client.left = answer.size();
  }
  if (client.left == 0) return true;
  const ssize_t sent = ::send(client.fd.get(), answer.data() + answer.size() - client.left,
                              client.left, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent > 0) client.left -= static_cast<std::size_t>(sent);
  return true;
}

void Run(net::Fd listener, int lifeline, const std::string& answer) {
  std::vector<Client> clients;
  std::vector<pollfd> watched;
  for (;;) {
    watched = {{lifeline, POLLIN, 0}, {listener.get(), POLLIN, 0}};
    for (const Client& client : clients) {
      watched.push_back(
          {client.fd.get(), static_cast<short>(client.left > 0 ? POLLOUT : POLLIN), 0});
    }
    RS_CHECK(::poll(watched.data(), watched.size(), -1) > 0);
    if (watched[0].revents != 0) return;
    for (std::size_t i = clients.size(); i-- > 0;) {
      const short ready = watched[i + 2].revents;
      if (ready != 0 && !Serve(clients[i], ready, answer)) {
        clients.erase(clients.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
    if (watched[1].revents == 0) continue;
    net::Fd fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (fd.open()) clients.push_back({std::move(fd), 0});
  }
}

}  // namespace

Result<FloodServer> FloodServer::Start(std::int64_t events, int core) {
  RS_ASSIGN_OR_RETURN(Listener listener, ListenOnLoopback());
  net::Url url;
  url.host = "127.0.0.1";
  url.port = listener.port;
  RS_ASSIGN_OR_RETURN(Child child, Child::Start(core, [&](int lifeline) {
                        Run(std::move(listener.fd), lifeline, MakeAnswer(events));
                      }));
  return FloodServer(std::move(url), std::move(child));
}

}  // namespace roofscape::bench
