// SPDX-License-Identifier: MIT
// Serves a page over HTTP to other domains, and the files of a directory. Usage: vsock_http_server CID:PORT [DIRECTORY]
// With "any:8080" it listens on port 8080 of whatever CID this domain has.
#include <array>
#include <chrono>
#include <csignal>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <libargo/vsock/vsock.hpp>
#include <linux/openat2.h>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace vsock = libargo::vsock;
using namespace std::chrono_literals;
using libargo::error_code;
using stream = beast::basic_stream<vsock::stream_protocol>;
using request_parser = http::request_parser<http::empty_body>;

// What one client may cost.
static constexpr std::size_t max_clients = 100;
static constexpr std::uint32_t max_header = 8192;
static constexpr auto patience = 30s;

/// The files beneath a directory, and nothing outside of it.
class directory {
public:
    explicit directory(const std::string& path) {
        handle_.native_handle(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (handle_.native_handle() < 0) {
            throw libargo::system_error(errno, boost::system::system_category(), path);
        }
    }

    /// Opens a regular file. The kernel sees to it that neither ".." nor a link leads out of the directory.
    [[nodiscard]] beast::file_posix open(const std::string& name, error_code& ec) const {
        open_how how{};
        // A FIFO must not make the server wait for who writes to it.
        how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
        how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
        beast::file_posix file;
        file.native_handle(
            static_cast<int>(::syscall(SYS_openat2, handle_.native_handle(), name.c_str(), &how, sizeof(how))));
        struct stat status {};
        if (file.native_handle() < 0 || ::fstat(file.native_handle(), &status) < 0) {
            ec.assign(errno, boost::system::system_category());
        } else if (!S_ISREG(status.st_mode)) {
            ec = boost::system::errc::make_error_code(boost::system::errc::no_such_file_or_directory);
        }
        return file;
    }

private:
    beast::file_posix handle_;
};

static std::string_view type_of(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 4> types{
        {{".html", "text/html"}, {".txt", "text/plain"}, {".json", "application/json"}, {".png", "image/png"}}};
    for (const auto& [ending, type] : types) {
        if (name.ends_with(ending)) {
            return type;
        }
    }
    return "application/octet-stream";
}

static http::response<http::string_body> text(http::status status, std::string body) {
    http::response<http::string_body> answer(status, 11, std::move(body));
    answer.set(http::field::content_type, "text/plain");
    return answer;
}

/// Accepts connections and answers requests until it is stopped.
class server {
public:
    server(asio::io_context& context, const vsock::address& local, const char* path) : acceptor_(context, local) {
        if (path != nullptr) {
            files_.emplace(path);
        }
        asio::co_spawn(context, accept(), asio::detached);
    }

    [[nodiscard]] vsock::stream_protocol::endpoint local() const { return acceptor_.local_endpoint(); }

    /// Takes no more requests. What is being answered is answered; then the context has nothing to do.
    void stop() {
        acceptor_.close();
        for (auto* const peer : idle_) {
            peer->cancel();
        }
    }

private:
    asio::awaitable<void> accept() {
        asio::steady_timer pause(acceptor_.get_executor());
        while (acceptor_.is_open()) {
            error_code ec;
            auto socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, ec));
            if (!ec && clients_ < max_clients) {
                ++clients_;
                asio::co_spawn(acceptor_.get_executor(), serve(stream(std::move(socket))),
                               [this](const std::exception_ptr&) { --clients_; });
            } else if (ec && ec != asio::error::operation_aborted) {
                // No more memory or descriptors: that may pass.
                fmt::print(stderr, "vsock_http_server: accept: {}\n", ec.message());
                pause.expires_after(100ms);
                co_await pause.async_wait(asio::use_awaitable);
            }
        }
    }

    asio::awaitable<void> serve(stream peer) {
        beast::flat_buffer buffer(max_header);
        bool more = true;
        while (more && acceptor_.is_open()) {
            request_parser parser;
            parser.header_limit(max_header);
            error_code ec;
            peer.expires_after(patience);
            idle_.insert(&peer);
            co_await http::async_read(peer, buffer, parser, asio::redirect_error(asio::use_awaitable, ec));
            idle_.erase(&peer);
            if (ec == http::error::end_of_stream) {
                break;
            }
            if (ec && ec.category() != http::make_error_code(http::error::end_of_stream).category()) {
                co_return;
            }
            more = ec ? co_await send(peer, {}, text(http::status::bad_request, "That was not understood.\n"))
                      : co_await answer(peer, parser.get());
        }
        co_await close(peer);
    }

    /// Answers a request; the result is whether another may follow.
    asio::awaitable<bool> answer(stream& peer, const http::request<http::empty_body>& request) {
        const std::string target(request.target().substr(0, request.target().find('?')));
        if (request.method() != http::verb::get && request.method() != http::verb::head) {
            auto refusal = text(http::status::method_not_allowed, "Only GET and HEAD.\n");
            refusal.set(http::field::allow, "GET, HEAD");
            co_return co_await send(peer, request, std::move(refusal));
        }
        if (target == "/") {
            auto page =
                text(http::status::ok, fmt::format("From {} to {} over vsock.\n", peer.socket().local_endpoint(),
                                                   peer.socket().remote_endpoint()));
            co_return co_await send(peer, request, std::move(page));
        }
        error_code ec = boost::system::errc::make_error_code(boost::system::errc::no_such_file_or_directory);
        http::response<http::file_body> file(http::status::ok, 11);
        if (files_ && target.starts_with('/')) {
            ec.clear();
            auto opened = files_->open(target.substr(1), ec);
            if (!ec) {
                file.body().reset(std::move(opened), ec);
            }
        }
        if (ec) {
            const auto status =
                ec == boost::system::errc::permission_denied ? http::status::forbidden : http::status::not_found;
            co_return co_await send(peer, request, text(status, std::string(http::obsolete_reason(status)) + ".\n"));
        }
        file.set(http::field::content_type, boost::string_view(type_of(target).data(), type_of(target).size()));
        co_return co_await send(peer, request, std::move(file));
    }

    /// Sends an answer; the result is whether another request may follow.
    template <class Body>
    asio::awaitable<bool> send(stream& peer, const http::request<http::empty_body>& request,
                               http::response<Body> answer) {
        answer.version(request.version());
        answer.keep_alive(request.keep_alive() && answer.result() != http::status::bad_request && acceptor_.is_open());
        answer.prepare_payload();
        http::response_serializer<Body> serializer(answer);
        const bool only_header = request.method() == http::verb::head;
        serializer.split(only_header);
        error_code ec;
        while (!ec && !(only_header ? serializer.is_header_done() : serializer.is_done())) {
            // A long file may take long, but no part of it.
            peer.expires_after(patience);
            co_await http::async_write_some(peer, serializer, asio::redirect_error(asio::use_awaitable, ec));
        }
        co_return !ec && answer.keep_alive();
    }

    /// Lets the peer read the last answer: what it sent and was not read would otherwise reset the connection.
    static asio::awaitable<void> close(stream& peer) {
        error_code ec;
        peer.socket().shutdown(asio::socket_base::shutdown_send, ec);
        peer.expires_after(1s);
        std::array<char, 1024> rest{};
        while (!ec) {
            co_await peer.async_read_some(asio::buffer(rest), asio::redirect_error(asio::use_awaitable, ec));
        }
    }

    vsock::stream_protocol::acceptor acceptor_;
    std::optional<directory> files_;
    std::unordered_set<stream*> idle_;
    std::size_t clients_ = 0;
};

int main(int argc, char* argv[]) try {
    if (argc != 2 && argc != 3) {
        fmt::print(stderr, "usage: {} CID:PORT [DIRECTORY]\n", argv[0]);
        return 2;
    }
    asio::io_context context(1);
    server running(context, vsock::parse_address(argv[1]), argv[2]);
    fmt::print("HTTP server on {}\n", running.local());
    std::fflush(stdout);
    asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&](auto, auto) {
        running.stop();
        // The next one ends the program as ever.
        signals.clear();
    });
    context.run();
    return 0;
} catch (const libargo::system_error& error) {
    fmt::print(stderr, "vsock_http_server: {}; {}\n", error.what(), vsock::advice(error.code()));
    return 1;
} catch (const std::exception& error) {
    fmt::print(stderr, "vsock_http_server: {}\n", error.what());
    return 1;
}
