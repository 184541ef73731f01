// Everything a peer can make us do has a limit here, named, in its unit, with the attack that it
// stops. A limit that a network may reasonably move is a field of the configuration whose default
// is here.
#pragma once

#include <cstddef>
#include <cstdint>

namespace entente::limits {

// --- the line (server/net, proto/contract) ---
inline constexpr std::uint32_t handshake_ms_max = 5'000;  // half-open TLS handshakes (slowloris)
inline constexpr std::uint32_t header_ms_max = 10'000;    // headers that drip in
inline constexpr std::size_t header_bytes_max =
    16 * 1024;                                          // decoded, cookies included: HPACK bombs
inline constexpr std::size_t header_fields_max = 100;   // many tiny header fields
inline constexpr std::uint32_t body_grace_ms = 10'000;  // then body_bytes_per_s_min holds
inline constexpr std::uint32_t body_bytes_per_s_min = 1'024;  // bodies that drip in
inline constexpr std::uint32_t write_stall_ms_max = 30'000;   // readers that do not read
inline constexpr std::size_t stream_queue_bytes_max =
    64 * 1024;  // unread answers, a stream: above it, no further message is made for it
inline constexpr std::size_t connection_queue_bytes_max = 4 << 20;  // unread answers, a connection
inline constexpr std::uint32_t streams_max = 100;      // concurrent streams a connection
inline constexpr std::uint32_t continuations_max = 8;  // CONTINUATION flood (CVE-2024-28182)
inline constexpr std::uint32_t reset_burst_max =
    100;  // rapid reset (CVE-2023-44487) and MadeYouReset
inline constexpr std::uint32_t reset_per_s_max = 10;  //   (CVE-2025-8671): received and sent each
inline constexpr std::uint32_t control_burst_max = 200;  // SETTINGS, PING, PRIORITY, empty DATA,
inline constexpr std::uint32_t control_per_s_max =
    20;  //   WINDOW_UPDATE floods (CVE-2019-9512..9518)
inline constexpr std::size_t records_without_data_max =
    16;  // TLS records one behind the other that bring none: KeyUpdate floods
inline constexpr std::uint32_t connections_per_address_max = 64;  // before sign-in, one address
inline constexpr std::uint32_t handshakes_max = 512;  // half-open lines from many addresses
inline constexpr std::uint32_t connections_per_account_max = 32;
inline constexpr std::uint32_t connections_per_certificate_max =
    24;  // one stolen certificate leaves its account's others some lines
inline constexpr std::uint32_t calls_per_account_max = 800;  // under way on all lines of an account
inline constexpr std::uint32_t connection_heavy_max =
    8;  // heavy calls of one line on the pool at once: one line must not fill the pool's queue
inline constexpr std::size_t connection_body_bytes_max =
    16 << 20;  // requests half received, all streams of a line together
inline constexpr std::uint32_t connections_max = 12'000;
inline constexpr std::uint32_t idle_ms_max = 600'000;  // connections without a stream
// Peers that vanished without a word, their streams open: seconds of silence before a probe,
// between probes, and how many; and how long what was sent may stay unacknowledged.
inline constexpr int keepalive_idle_s = 60;
inline constexpr int keepalive_every_s = 15;
inline constexpr int keepalive_probes = 4;
inline constexpr unsigned unacknowledged_ms_max = 30'000;
inline constexpr std::size_t message_bytes_max = 4 << 20;  // one gRPC or Connect message, inflated
inline constexpr int message_depth_max = 64;               // nested protobuf and JSON (stack)
inline constexpr std::uint32_t deadline_ms_max =
    300'000;                                           // a unary call that asks for longer is cut
inline constexpr std::uint32_t drain_ms_max = 10'000;  // graceful stop
inline constexpr std::uint32_t descriptors_reserved =
    64;  // EMFILE: accept stops before files run out

inline constexpr std::size_t local_head_bytes_max = 8 * 1024;  // operators' listener: endless heads
inline constexpr std::uint32_t local_ms_max = 5'000;           //   heads that drip in
inline constexpr std::uint32_t local_connections_max = 32;     //   a local program that opens lines

// --- sign-in (server/identity) ---
inline constexpr std::size_t password_bytes_min = 8;
inline constexpr std::size_t password_bytes_max = 256;  // hashing of megabytes
inline constexpr std::uint32_t hash_queue_max = 32;     // memory and time of Argon2id
inline constexpr std::uint32_t sign_in_failures_free =
    5;  // then back-off, per account and certificate
inline constexpr std::uint32_t sign_in_back_off_ms_max = 900'000;
inline constexpr std::uint32_t sign_in_failures_max = 100;  // then the party's officer must act
inline constexpr std::uint32_t session_idle_ms_max = 1'800'000;
inline constexpr std::uint32_t session_ms_max = 43'200'000;
inline constexpr std::uint32_t step_up_ms_max =
    300'000;  // how long a password check counts as fresh
inline constexpr std::uint32_t sessions_per_account_max = 16;

// --- messages (the domain rooms) ---
inline constexpr std::uint32_t page_size_default = 50;
inline constexpr std::uint32_t page_size_max = 1'000;
inline constexpr std::size_t query_bytes_max = 512;       // free text of a look-up
inline constexpr std::size_t text_bytes_max = 16 * 1024;  // one text field in one language
inline constexpr std::size_t languages_max = 16;          // languages of one text
inline constexpr std::size_t contacts_max = 16;           // contact details of one person
inline constexpr int appointment_ahead_days_max = 366;    // who is to come bars an office
inline constexpr int day_year_min = 1800;                 // days of the directory: of another
inline constexpr int day_year_max = 2200;                 //   year they are slips
inline constexpr std::size_t audience_principals_max =
    256;                                                   // principals of one audience, each side
inline constexpr std::size_t import_bytes_max = 16 << 20;  // a roster file
inline constexpr std::size_t import_problems_max =
    1'000;  // reported one by one; the rest are counted

inline constexpr std::size_t import_line_bytes_max =
    64 * 1024;  // one row of a roster file, its quoted line ends included: a quote never closed
inline constexpr std::size_t import_columns_max = 64;  // columns of a roster file
inline constexpr std::size_t definition_bytes_max =
    1 << 20;  // one file of parties, a process, names or accounts
inline constexpr std::size_t dav_body_bytes_max = 1 << 20;  // XML of one DAV call
inline constexpr int dav_depth_max = 16;                    // nested XML elements (stack)
inline constexpr std::size_t dav_nodes_max = 20'000;        // XML elements: memory of the tree
inline constexpr std::size_t dav_multiget_max = 5'000;      // cards asked for in one REPORT

// --- statistics ---
inline constexpr std::uint32_t part_series_max =
    1 << 22;  // series of one upload: its index is in memory
inline constexpr std::size_t upload_rows_buffered_max =
    1 << 20;  // rows sorted at a time: an upload's memory, whatever its size
inline constexpr std::size_t upload_series_buffered_max = 1 << 19;
inline constexpr std::size_t upload_piece_bytes_max = 2 << 20;
inline constexpr std::size_t upload_line_bytes_max = 64 * 1024;  // a quote never closed
inline constexpr std::size_t uploads_max = 8;                    // under way at once: memory
inline constexpr std::size_t uploads_per_account_max = 2;        //   of which one account's
inline constexpr std::uint32_t upload_idle_ms_max = 600'000;     // then it is forgotten
inline constexpr std::size_t upload_problems_max = 1'000;        // reported; the rest are counted
inline constexpr std::size_t signature_bytes_max = 16 * 1024;
inline constexpr std::size_t dimensions_max = 32;  // of a structure: keys of 200 dimensions
inline constexpr std::size_t attributes_max = 32;
inline constexpr std::size_t codelist_items_max = 10'000;      // in one row of the store
inline constexpr std::size_t structures_max = 4'096;           // sent at once
inline constexpr std::size_t selection_values_max = 2'048;     // of one dimension in a query
inline constexpr std::size_t query_parties_max = 64;           // compared at once
inline constexpr std::size_t comparison_rows_max = 10'000;     // more must be narrowed
inline constexpr std::size_t due_days_max = 3'653;             // a calendar that never ends
inline constexpr std::size_t answer_observations_max = 4'096;  // in one message of a stream
inline constexpr std::size_t query_keys_max = 256;             // of one data query: each is tried
inline constexpr std::size_t query_comparisons_max = 64;  // of one component: each is asked of each
inline constexpr std::size_t answer_flows_max = 128;      // dataflows of one answer
inline constexpr std::uint64_t answer_size_max =
    50'000'000;  // observations of an answer without `limit`: a query that would return everything
inline constexpr std::size_t answer_sorted_max = 1 << 18;  // observations held to be put in order
inline constexpr std::size_t answers_sorted_max = 8;       //   by so many answers at once: memory
inline constexpr std::size_t answer_hashed_bytes_max = 1 << 20;  // made before it is sent: an ETag
inline constexpr std::uint64_t answer_ranged_bytes_max =
    256ULL << 20;  // made twice for the sake of a range: a reader that asks for ranges all the time

// --- the store ---
inline constexpr std::size_t store_value_bytes_max = 1 << 20;
inline constexpr std::size_t store_recent_rows_max =
    1 << 20;  // remembered for open transactions: one that never ends must not fill the memory
inline constexpr std::uint64_t ballast_bytes = 64ULL << 20;  // freed to get out of a full disk
inline constexpr std::uint64_t disk_free_bytes_min = 128ULL << 20;  // below: writes are refused
inline constexpr std::uint64_t log_bytes_max = 64ULL << 20;  // RocksDB's log: bounds recovery time

// --- the ledger ---
inline constexpr std::size_t entry_bytes_max = 512 * 1024;  // one entry, what it touched included
inline constexpr std::size_t entry_touched_max = 4'096;     // names that one entry lists
inline constexpr std::uint32_t checkpoint_interval_ms_max = 1'000;
inline constexpr std::size_t proof_entry_bytes_max =
    2 * 1024;  // an entry that comes in a reply's header: more is asked for, lest headers overflow
inline constexpr std::size_t proof_hashes_max = 64;       // a tree of 2^64 has no longer path
inline constexpr std::size_t note_bytes_max = 16 * 1024;  // a signed note with its cosignatures
inline constexpr std::size_t note_signatures_max = 64;    // each costs a verification
inline constexpr std::size_t witnesses_max = 48;  // of one network: each adds a line to every note

}  // namespace entente::limits
