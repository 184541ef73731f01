// A target that fails, for fuzz_campaign_test.py: on any input that begins with F.
#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0 && data[0] == 'F') __builtin_trap();
  return 0;
}
