// The limits of one server's port that a network may move. The defaults are limits.h's, where each
// says which attack it stops. A value.
#pragma once

#include "proto/contract/http2_server.h"
#include "proto/contract/limits.h"

namespace entente::net {

struct LineLimits {
  http2::ServerLimits http2;
  std::uint32_t handshake_ms_max = limits::handshake_ms_max;
  std::uint32_t header_ms_max = limits::header_ms_max;
  std::uint32_t body_grace_ms = limits::body_grace_ms;
  std::uint32_t body_bytes_per_s_min = limits::body_bytes_per_s_min;
  std::uint32_t write_stall_ms_max = limits::write_stall_ms_max;
  std::uint32_t idle_ms_max = limits::idle_ms_max;
  std::uint32_t deadline_ms_max = limits::deadline_ms_max;
  std::uint32_t drain_ms_max = limits::drain_ms_max;
  std::size_t connection_queue_bytes_max = limits::connection_queue_bytes_max;
  std::size_t connection_body_bytes_max = limits::connection_body_bytes_max;
  std::uint32_t connection_heavy_max = limits::connection_heavy_max;
  std::uint32_t connections_max = limits::connections_max;
  std::uint32_t connections_per_address_max = limits::connections_per_address_max;
  std::uint32_t handshakes_max = limits::handshakes_max;
  std::uint32_t connections_per_account_max = limits::connections_per_account_max;
  std::uint32_t connections_per_certificate_max = limits::connections_per_certificate_max;
  std::uint32_t calls_per_account_max = limits::calls_per_account_max;
};

}  // namespace entente::net
