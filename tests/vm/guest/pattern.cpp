// SPDX-License-Identifier: MIT
#include "pattern.hpp"

#include <algorithm>
#include <cstring>

namespace guest {

namespace {

// splitmix64: any input, even a small counter, gives bits that look alike nowhere.
std::uint64_t mix(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15U;
    value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31U);
}

std::uint64_t key_of(const traffic& what, const argo_addr& source, std::uint32_t sequence) {
    const auto sender = (std::uint64_t{source.domid} << 32U) | source.port;
    return mix(mix(what.seed ^ mix(sender)) + sequence);
}

} // namespace

std::uint32_t size_of_message(const traffic& what, const argo_addr& source, std::uint32_t sequence) {
    const auto choices = std::uint64_t{what.max_size} - what.min_size + 1;
    return what.min_size + static_cast<std::uint32_t>(mix(~key_of(what, source, sequence)) % choices);
}

void fill_message(const traffic& what, const argo_addr& source, std::uint32_t sequence, view data) {
    auto state = key_of(what, source, sequence);
    while (!data.empty()) {
        // One step of an LCG a word: messages of megabytes are made under emulation too.
        state = state * 6364136223846793005U + 1442695040888963407U;
        const auto word = state ^ (state >> 29U);
        const auto count = std::min(sizeof(word), data.size());
        std::memcpy(data.data(), &word, count);
        data = data.subspan(count);
    }
}

bytes make_message(const traffic& what, const argo_addr& source, std::uint32_t sequence) {
    bytes data(size_of_message(what, source, sequence));
    fill_message(what, source, sequence, data);
    return data;
}

bool verifier::check(const argo_addr& source, std::uint32_t type, std::uint32_t len, const_view data) {
    if (!error_.empty()) {
        return false;
    }
    auto& next = next_[{source.domid, source.port}];
    if (gaps_allowed_ && type > next) {
        next = type;
    }
    const auto where = "message " + std::to_string(next) + " of " + to_string(source);
    if (type != next) {
        error_ = where + ": number " + std::to_string(type) + " came instead";
        return false;
    }
    const auto expected = make_message(traffic_, source, type);
    if (len != expected.size() || data.size() != expected.size()) {
        error_ = where + ": " + std::to_string(len) + " bytes, " + std::to_string(data.size()) +
                 " stored, instead of " + std::to_string(expected.size());
        return false;
    }
    const auto wrong = std::mismatch(expected.begin(), expected.end(), data.begin());
    if (wrong.first != expected.end()) {
        error_ = where + ": byte " + std::to_string(wrong.first - expected.begin()) + " of " +
                 std::to_string(expected.size()) + " is wrong";
        return false;
    }
    ++next;
    ++messages_;
    bytes_ += len;
    return true;
}

std::uint32_t verifier::next_of(const argo_addr& source) const {
    const auto found = next_.find({source.domid, source.port});
    return found == next_.end() ? 0 : found->second;
}

} // namespace guest
